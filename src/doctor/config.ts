import { fail, pass, warn, type Check } from './check.js';
import { typed } from './command-line.js';
import { logOf } from './facts.js';

/** Runs are counted, where they can be. */
export const metrics: Check = (facts) => {
  const { config, metricsFailure, papyra } = facts;
  const next = papyra('metrics persistence');
  if (!config.metricsEnabled) {
    const edit = config.file === null ? next : `$EDITOR ${typed(config.file)}`;
    return warn('metrics are off: nobody can tell whether compactions run, or fail', edit);
  }
  if (metricsFailure) return warn(metricsFailure.message, next);
  if (!facts.metrics) return null;
  const [warning] = facts.metrics.warnings;
  if (warning !== undefined) return warn(warning, next);
  const log = logOf(facts);
  if (log && !(log.home.kind === 'missing' ? log.directory : log.home).writable) {
    return warn(`${log.home.path} cannot be written by this user: its runs are not counted`, typed('ls', '-ld', log.home.path)); // prettier-ignore
  }
  return pass('runs are counted');
};

/** What Prometheus is to find is written, and has been by the last run. */
export const textfile: Check = ({ config, metrics: report }) => {
  if (!config.textfile) return null;
  const { file, directory } = config.textfile;
  if (directory.kind !== 'directory' || !directory.writable) {
    const how = directory.kind === 'missing' ? 'does not exist' : 'cannot be written by this user';
    return warn(`metrics.textfile is not written: ${directory.path} ${how}`, typed('ls', '-ld', directory.path)); // prettier-ignore
  }
  const last = report?.last_run;
  if (last && file.changed.getTime() < Date.parse(last.started_at) - 1000) {
    const how = file.kind === 'missing' ? 'is not there' : 'is older than the last run';
    return warn(`${file.path} ${how}: who runs compactions has another configuration, or may not write it`, typed('ls', '-l', file.path)); // prettier-ignore
  }
  return pass(file.path);
};

/** What is secret is not for everybody to read. */
export const secrets: Check = ({ config }) => {
  const open = config.secrets.find((place) => place.public);
  if (open) {
    const mode = (open.mode & 0o7777).toString(8).padStart(4, '0');
    return fail(
      `${open.path} has a password or a key in it, and every user may read it (mode ${mode})`,
      typed('chmod', 'o-rwx', open.path),
    );
  }
  return config.secrets.length === 0 ? null : pass('passwords are not for everybody to read');
};
