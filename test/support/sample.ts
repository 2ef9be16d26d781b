// Writes a sample log: npm run sample -- FILE [--records 100000] [--days 30] [--seed 1]
// Its newest record is of now, its oldest of so many days ago.
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { records } from './records.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    records: { type: 'string', default: '100000' },
    days: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
  },
});
const [file] = positionals;
if (file === undefined) throw new Error('name the file to write: npm run sample -- FILE');

const count = Number(values.records);
const step = (Number(values.days) * 86_400) / count;
const start = Math.floor(Date.now() / 1000) - step * (count - 1);

mkdirSync(dirname(file), { recursive: true });
const fd = openSync(file, 'w');
let batch = '';
for (const record of records({ seed: Number(values.seed), count, start, step })) {
  batch += `${record}\n`;
  if (batch.length > 1 << 20) {
    writeSync(fd, batch);
    batch = '';
  }
}
writeSync(fd, batch);
closeSync(fd);
console.log(`${file}: ${count} records of the last ${values.days} days`);
