// Checks that the configuration says what the runtime's settings say, when they were to be asked.
import { PapyraError } from '../errors/errors.js';
import { fail, pass, type Check } from './check.js';
import { typed, ownName } from './command-line.js';

/** Both name the same store and the same limits. */
export const settings: Check = ({ drift, config, papyra }) => {
  if (drift === null) return null;
  if (drift instanceof PapyraError) {
    return fail(`the runtime's settings could not be asked: ${drift.message}`, typed(ownName(), 'config', 'import', '--check', '--verbose')); // prettier-ignore
  }
  const different = drift.keys.filter(({ differs }) => differs);
  if (different.length === 0) return pass(`${drift.settings} says the same`);
  const each = different.map(
    ({ key, settings: wanted, configuration: found }) =>
      `${key} is ${shown(wanted)} there and ${shown(found)} here`,
  );
  const words = ['config', 'import', '--check', '--settings-module', drift.settings, '--python', drift.python]; // prettier-ignore
  const next = config.pathGiven || config.file === null ? papyra('config show') : typed(ownName(), '--config', config.file, ...words); // prettier-ignore
  return fail(`${drift.settings} says something else: ${each.join('; ')}`, next);
};

function shown(value: unknown): string {
  return value === null ? 'none' : typeof value === 'string' ? value : JSON.stringify(value);
}
