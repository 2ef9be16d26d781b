// The long form of the tests: npm run test:soak [-- --hours N] [test files, else all]. With --hours it goes on, behind the tests,
// with worlds of the simulator and power failures until that time is over, and adds what was tried to the ledger.
import { execaSync } from 'execa';
import { parseArgs } from 'node:util';
import { campaign } from './sim/campaign.js';

const { values, positionals } = parseArgs({
  options: { hours: { type: 'string' } },
  allowPositionals: true,
});
const hours = Number(values.hours ?? 0);
if (!(hours >= 0)) throw new Error(`--hours ${values.hours}: a number is needed`);

const until = Date.now() + hours * 3_600_000;
const { failed } = execaSync('vitest', ['run', ...positionals], {
  env: { PAPYRA_SOAK: '1' },
  preferLocal: true,
  stdio: 'inherit',
  reject: false,
});
const wrong = hours > 0 ? await campaign({ seed: Date.now() % 2 ** 31, until, ledger: true }) : 0;
process.exitCode = failed || wrong > 0 ? 1 : 0;
