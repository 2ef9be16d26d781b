import { execaSync } from 'execa';

const TRY = 'try { new WebAssembly.Memory({ initial: 1 }) } catch { console.log("none") }';

/** Runs Node in less address space than WebAssembly reserves, and enough for Node itself. */
function inLittleAddressSpace(): string[] {
  for (const kib of [6e6, 4e6, 3e6, 2e6, 1.5e6]) {
    const command = ['bash', '-c', `ulimit -v ${kib}; exec "$0" "$@"`, process.execPath];
    const [program, ...args] = command;
    const { stdout } = execaSync(program!, [...args, '-e', TRY], { reject: false });
    if (stdout === 'none') return command;
  }
  throw new Error('no limit of the address space takes WebAssembly from Node here');
}

/** Ways to run Node without WebAssembly, and what papyra says of them. */
export const WITHOUT_WEBASSEMBLY: [way: string, command: string[], reason: string][] = [
  ['node --jitless', [process.execPath, '--jitless'], 'this Node runs without it'],
  ['ulimit -v', inLittleAddressSpace(), 'no memory can be reserved for it, see ulimit -v'],
];
