// Makes the service that compacts once and the timer that starts it, for systemd.
import { comment, purpose } from './comment.js';
import type { Host } from './host.js';
import type { Job, UnitFile } from './job.js';
import { systemdArgument, systemdWord } from './quote.js';
import { onCalendar } from './times.js';
import { serviceTiming } from './timing.js';

const FOLDER = '/etc/systemd/system';

export function systemdUnits(job: Job, host: Host): UnitFile[] {
  const { name } = job;
  return [
    { name: `${name}.service`, content: serviceOf(job, host) },
    { name: `${name}.timer`, content: timerOf(job) },
  ];
}

function serviceOf(job: Job, host: Host): string {
  const { name, target, everySeconds } = job;
  const { restart, limit, burst } = serviceTiming(everySeconds);
  const command = [...host.command, ...job.args].map(systemdArgument).join(' ');
  const install = comment(
    `${FOLDER}/${name}.service`,
    ...purpose(job),
    'Save both files under the names that they begin with, then type:',
    `  systemctl daemon-reload && systemctl enable --now ${name}.timer`,
    `  systemctl start --wait ${name}.service; journalctl -u ${name}.service`,
  );
  const retry = comment(
    'Exit status 75, try again later, and others that may pass are tried again twice; then, or at once where that is no use, the unit has failed, and OnFailure= can tell somebody. Not Type=oneshot: systemd before 244 does not start those again.',
  );
  return `${install}
[Unit]
Description=${description('Compact', target)}
Documentation=man:papyra-persistence-compact(1) man:papyra-scheduling(7)
${needsOf(job)}StartLimitIntervalSec=${limit}
StartLimitBurst=${burst}

${retry}[Service]
Type=simple
User=${host.user}
${secretOf(job)}ExecStart=${command}
Nice=10
IOSchedulingClass=best-effort
IOSchedulingPriority=7
KillMode=mixed
Restart=on-failure
RestartSec=${restart}
RestartPreventExitStatus=64 65 66 70 77 78
SuccessExitStatus=129 130 143
`;
}

/** How long the service may give no sign of life, and how soon it is started again. In seconds. */
const WATCHDOG = 60;
const RESTART = 30;

/** `papyra watch`, which runs all the time. */
export function systemdService(job: Job, host: Host): UnitFile {
  const { name, target } = job;
  const command = [...host.command, ...job.args].map(systemdArgument).join(' ');
  const install = comment(
    `${FOLDER}/${name}.service`,
    ...purpose(job),
    'Save this under the name that it begins with, then type:',
    `  systemctl daemon-reload && systemctl enable --now ${name}.service`,
    `  systemctl status ${name}.service; journalctl -u ${name}.service`,
    'After a change of the configuration:',
    `  systemctl reload ${name}.service`,
  );
  const restart = comment(
    'The service lives through failures of the store. It ends with a failure only when it cannot begin, or has hung; where trying again is no use, the unit has failed at once, and OnFailure= can tell somebody.',
  );
  const content = `${install}
[Unit]
Description=${description('Keep compacting', target)}
Documentation=man:papyra-watch(1) man:papyra-scheduling(7)
${needsOf(job)}StartLimitIntervalSec=${RESTART * 10}
StartLimitBurst=5

${restart}[Service]
Type=notify
NotifyAccess=main
User=${host.user}
${secretOf(job)}ExecStart=${command}
ExecReload=/bin/sh -c 'kill -HUP $$MAINPID'
WatchdogSec=${WATCHDOG}
Nice=10
IOSchedulingClass=best-effort
IOSchedulingPriority=7
KillMode=mixed
Restart=on-failure
RestartSec=${RESTART}
RestartPreventExitStatus=64 65 66 70 77 78

[Install]
WantedBy=multi-user.target
`;
  return { name: `${name}.service`, content };
}

/** The mounts and the network that must be ready first. */
function needsOf({ logs, archives, configFile, others, backend }: Job): string {
  const named = logs.flatMap(({ path, realPath }) => [path, realPath]);
  const all = [...named, ...archives, ...(configFile === null ? [] : [configFile]), ...others];
  const paths = [...new Set(all)].map(systemdWord);
  const lines = [
    ...(paths.length === 0 ? [] : [`RequiresMountsFor=${paths.join(' ')}`]),
    ...(backend === 'redis' ? ['Wants=network-online.target', 'After=network-online.target'] : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** Everybody can read a unit, so the URL of Redis and its password go into a file. */
function secretOf({ backend, name }: Job): string {
  if (backend !== 'redis') return '';
  const file = `/etc/papyra/${name}.env`;
  const note = `What the configuration does not say, such as PAPYRA_REDIS_URL=redis://user:password@host:6379/0, goes into ${file}, mode 0600.`;
  return `${comment(note)}EnvironmentFile=-${file}\n`;
}

function timerOf(job: Job): string {
  const { name, target, times, everySeconds } = job;
  return `${comment(`${FOLDER}/${name}.timer`)}
[Unit]
Description=${description('When to compact', target)}

[Timer]
OnCalendar=${onCalendar(times)}
RandomizedDelaySec=${serviceTiming(everySeconds).jitter}
AccuracySec=1
Persistent=true

[Install]
WantedBy=timers.target
`;
}

/** Ends in a word of ours, because a backslash at the end of a line would join it with the next line. */
function description(what: string, target: string): string {
  return `${what} ${target.replaceAll('%', '%%')} with papyra`;
}
