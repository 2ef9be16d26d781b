// Checks metrics, textfile, hooks and secrets of the configuration.
import { dirname } from 'node:path';
import { ageInWords } from '../units/units.js';
import { fail, pass, warn, type Check } from './check.js';
import { edit, typed } from './command-line.js';
import { logOf } from './facts.js';

/** Metrics are on and can be written, where the store has any. */
export const metrics: Check = (facts) => {
  const { config, metricsFailure, papyra } = facts;
  const next = papyra('metrics persistence');
  if (!config.metricsEnabled) {
    const mend = config.file === null ? next : edit(config.file);
    return warn('metrics are off: nobody can tell whether compactions run, or fail', mend);
  }
  if (metricsFailure) return warn(metricsFailure.message, next);
  if (!facts.metrics) return null;
  const [warning] = facts.metrics.warnings;
  if (warning !== undefined) return warn(warning, next);
  const log = logOf(facts);
  if (!log) return pass('runs are counted');
  const { home, directory } = log;
  const look = typed('ls', '-ld', home.path);
  if (facts.homeIsLink || !['missing', 'directory'].includes(home.kind)) {
    const what = facts.homeIsLink ? 'a symbolic link' : 'no directory';
    return warn(`${home.path} is ${what}: runs are not counted; move it away`, look);
  }
  if (!(home.kind === 'missing' ? directory : home).writable) {
    return warn(`${home.path} cannot be written by this user: its runs are not counted`, look);
  }
  return pass('runs are counted');
};

/** The textfile can be written, and the last run has written it. */
export const textfile: Check = ({ config, metrics: report }) => {
  if (!config.textfile) return null;
  const { file, problem, doubt } = config.textfile;
  const look = typed('ls', '-ld', dirname(file.path));
  if (doubt !== undefined) return warn(doubt, config.file === null ? look : edit(config.file));
  if (problem !== undefined) return warn(problem, look);
  const last = report?.last_run;
  if (last && file.changed.getTime() < Date.parse(last.started_at) - 1000) {
    const how = file.kind === 'missing' ? 'is not there' : 'is older than the last run';
    return warn(`${file.path} ${how}: the user who runs compactions has another configuration, or no right to write it`, typed('ls', '-l', file.path)); // prettier-ignore
  }
  return pass(file.path);
};

/** Hooks can be executed, and no hook failed after a run. */
export const hooks: Check = ({ config, metrics: report, now, papyra }) => {
  if (!config.hooks) return null;
  const { names, failure } = config.hooks;
  if (failure) return fail(failure.message, papyra('config check'));
  const last = report?.last_hook_failure;
  if (!last || !names.includes(last.hook)) return pass('they can be executed');
  const ago = ageInWords(Math.max(0, now - Date.parse(last.at)) / 1000);
  return warn(`${ago} ago ${last.message}; it has not run well since`, papyra('metrics persistence')); // prettier-ignore
};

/** Files with secrets are not readable for every user. */
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
