// Says what to do first, where there is no configuration.

/** Ten lines of at most 80 columns. LOG and CLASS are to be replaced. */
export const FIRST_STEPS = `papyra keeps the logs of a Papyra runtime small. There is no configuration yet:

  papyra persistence inspect --path LOG         what is in a log, what fills it
  papyra config import --settings-module CLASS  configuration from the settings
  papyra config init papyra.config.yaml         or one to fill in
  papyra config check                           is it right, can a run begin?
  papyra persistence compact --dry-run          what would go now
  papyra schedule systemd                       a job (also cron, kubernetes)

All commands: papyra --help. The manual: man papyra.
`;
