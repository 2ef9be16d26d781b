// Finds the Python of the application: the one that was named, that of the virtual environment, or that of the PATH.
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import { isProgram, USUAL_PATH } from '../files/program.js';

/**
 * A name without a slash is looked for on the PATH. Links are not resolved: Python finds its virtual environment by the
 * name with which it was started.
 *
 * @throws {PapyraError} `usage` when the named one is not there, `config_invalid` when there is none at all.
 */
export function findPython(named: string | undefined, env: NodeJS.ProcessEnv): string {
  const home = env['VIRTUAL_ENV'];
  const wanted = named ?? (home ? join(home, 'bin/python') : 'python3');
  const places = wanted.includes('/')
    ? [process.cwd()]
    : (env['PATH'] || USUAL_PATH).split(delimiter).filter(isAbsolute);
  const found = places.map((place) => resolve(place, wanted)).find(isProgram);
  if (found !== undefined) return found;
  const hint = 'name the Python of the application: --python /srv/app/venv/bin/python';
  if (named !== undefined) throw new PapyraError('usage', `--python ${named}: no such program`, { hint }); // prettier-ignore
  const why = home ? `${wanted} (of VIRTUAL_ENV) is no program` : 'there is no python3 on the PATH';
  throw new PapyraError('config_invalid', `cannot ask the settings: ${why}`, { hint });
}
