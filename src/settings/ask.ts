// Asks the runtime's settings by running its Python. This executes the operator's code.
import { assertTrusted } from '../config/trust.js';
import { workingDirectory, noWorkingDirectory } from '../config/working-directory.js';
import { interruption, PapyraError } from '../errors/errors.js';
import { withoutCredentials } from '../text/secrets.js';
import { readAnswer, type RuntimeSettings, type SettingsFailure } from './answer.js';
import { askingProgram } from './program.js';
import { findPython } from './python.js';
import { runPython, type PythonEnding } from './run-python.js';

/** How the runtime's settings are asked. */
export interface SettingsRequest {
  /** The dotted path of the settings class; default: PAPYRA_SETTINGS_MODULE. */
  settingsModule?: string | undefined;
  /** The Python of the application; default: that of VIRTUAL_ENV, or `python3`. */
  python?: string | undefined;
  /** Milliseconds until it is ended; default: 10 000. */
  settingsTimeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * As root, code is read only from files that root owns and nobody else can write; Python itself is one of them.
 *
 * @throws {PapyraError} `usage` when no settings are named; `config_invalid` when they cannot be asked, in the words of
 * their code; `interrupted`.
 */
export async function askSettings(request: SettingsRequest): Promise<RuntimeSettings> {
  const { env } = process;
  const module = settingsModuleOf(request);
  const directory = workingDirectory(undefined);
  if (directory === null) throw noWorkingDirectory('Python looks for the settings there');
  const python = findPython(request.python, env);
  assertTrusted({ file: python, what: 'Python', code: true, explicit: true });
  const asRoot = process.geteuid?.() === 0;
  const limitMs = request.settingsTimeoutMs ?? DEFAULT_TIMEOUT_MS;
  const ending = await runPython({
    python,
    // -B: writes no .pyc. -S: the program loads `site` when its guard is in place.
    args: ['-B', ...(asRoot ? ['-S'] : []), '-c', askingProgram(asRoot)],
    directory,
    env: { ...env, PAPYRA_SETTINGS_MODULE: module },
    limitMs,
    signal: request.signal,
  });
  if (request.signal?.aborted) throw interruption(request.signal);
  if (ending.answer === undefined) throw unanswered(module, python, limitMs, ending);
  const answer = readAnswer(ending.answer);
  if ('failed' in answer) throw refused(module, python, answer.failed);
  return answer;
}

/** @throws {PapyraError} `usage` when no settings are named. */
export function settingsModuleOf({ settingsModule }: SettingsRequest): string {
  const module = settingsModule ?? process.env['PAPYRA_SETTINGS_MODULE'];
  if (module) return module;
  throw new PapyraError('usage', 'no settings are named, neither by --settings-module nor by PAPYRA_SETTINGS_MODULE', {
    hint: 'name the class of the settings: --settings-module shop.settings.Production',
  }); // prettier-ignore
}

function unanswered(module: string, python: string, limitMs: number, ending: PythonEnding) {
  const { how, said, cause } = ending;
  const last = withoutCredentials(said.split('\n').at(-1)!.slice(0, 300));
  const words = last === '' ? '' : `; its last words: ${last}`;
  const fail = (what: string, hint: string) => new PapyraError('config_invalid', `${module}: ${what}`, { hint, cause }); // prettier-ignore
  const nothing = 'nothing was done; see whether it can be imported:';
  const look = `${nothing} ${python} -c 'import ${module.split('.').slice(0, -1).join('.') || module}'`;
  if (how === 'too_slow') {
    return fail(`no answer within ${limitMs / 1000} s: its code was ended${words}`, `${look}, or give it more time with --timeout`); // prettier-ignore
  }
  if (how === 'too_long') return fail('an answer without end: its code was ended', look);
  if (how === 'not_started') {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    return fail(`${python} cannot be started: ${code}`, 'name another one with --python');
  }
  const end = 'signal' in how ? `was ended by ${how.signal}` : `ended itself with the exit status ${how.status}`; // prettier-ignore
  return fail(`its code ${end} before it could be asked${words}`, look);
}

function refused(module: string, python: string, failure: SettingsFailure): PapyraError {
  const { step, at, untrusted, missing } = failure;
  const last = withoutCredentials(failure.last);
  const cause = tracebackOf(failure);
  const fail = (message: string, hint: string) => new PapyraError('config_invalid', message, { hint, cause }); // prettier-ignore
  if (untrusted !== null) {
    return fail(`as root, papyra executes only what root owns: ${untrusted}`, untrustedHint(untrusted)); // prettier-ignore
  }
  if (step === 'runtime' && missing === 'papyra') {
    return fail(`${python} has no package papyra, which is the runtime`, 'name the Python of the application: --python /srv/app/venv/bin/python'); // prettier-ignore
  }
  const where = at === null ? '' : ` (${at})`;
  if (step === 'runtime') return fail(`the runtime of ${python} cannot be loaded: ${last}${where}`, 'is papyra of that Python the actor runtime? nothing was done'); // prettier-ignore
  const what = step === 'settings' ? module : `${module}.persistence`;
  return fail(`${what}: ${last}${where}`, hintFor(module, failure));
}

function untrustedHint(why: string): string {
  const owner = / belongs to user (\d+), /.exec(why)?.[1];
  return owner === undefined || owner === '0'
    ? `let nobody else write it: chmod go-w ${why.split(' can be ')[0]!}; or run papyra as the user whose application it is`
    : `run papyra as that user: sudo -u '#${owner}' papyra …`;
}

function hintFor(module: string, { missing, last }: SettingsFailure): string {
  const root = module.split('.')[0]!;
  if (missing === root) return `run this where the application starts, so that Python finds ${root}, or set PYTHONPATH`; // prettier-ignore
  if (missing !== null) return 'name the Python of the application with --python: this one lacks a module'; // prettier-ignore
  if (/invalid path|Import of|has no attribute/.test(last)) return 'name the class of the settings, not its module: shop.settings.Production'; // prettier-ignore
  return 'mend the settings; nothing was done; --verbose shows the whole traceback';
}

/** For --verbose, which prints the stack of a cause. */
function tracebackOf({ last, trace }: SettingsFailure): Error {
  const error = new Error(withoutCredentials(last));
  error.stack = trace.split('\n').map(withoutCredentials).join('\n');
  return error;
}
