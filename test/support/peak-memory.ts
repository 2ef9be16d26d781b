import { execaSync } from 'execa';
import { BARE } from './papyra.js';

/** Peak memory in MiB of a whole process, as the kernel counted it; `args`: of `command`, by default this Node. */
export function peakMemory(
  args: string[],
  command: readonly string[] = [process.execPath],
): { code: number; mib: number; stdout: string } {
  const { exitCode, stderr, stdout } = execaSync(
    '/usr/bin/time',
    ['-f', '%M', ...command, ...args],
    {
      env: BARE,
      extendEnv: false,
      reject: false,
    },
  );
  return { code: exitCode ?? -1, mib: Number(stderr.split('\n').at(-1)) / 1024, stdout };
}
