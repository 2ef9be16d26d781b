import { appendFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSystem } from '../../src/index.js';
import { collectGarbage } from '../../src/units/collector.js';
import { Service } from '../../src/watch/service.js';
import { tempDirectory } from '../support/temp.js';

const RUNS = process.env['PAPYRA_SOAK'] === '1' ? 10_000 : 300;

test(
  `memory, descriptors and files do not grow in ${RUNS} runs`,
  { timeout: 3_600_000 },
  async () => {
    const directory = tempDirectory();
    const log = join(directory, 'events.ndjson');
    writeFileSync(log, '');
    const stop = new AbortController();
    const looks: { heap: number; descriptors: number; state: number }[] = [];
    let runs = 0;
    const lookAtRun = (): void => {
      appendFileSync(log, '{"kind":"event","timestamp":1}\n'.repeat(2));
      if (++runs % (RUNS / 3) === 0) {
        collectGarbage();
        looks.push({
          heap: process.memoryUsage().heapUsed,
          descriptors: readdirSync('/proc/self/fd').length,
          state: statSync(join(directory, '.papyra/events.ndjson.metrics.json')).size,
        });
      }
      if (runs === RUNS) stop.abort();
    };
    const open = () => openSystem({ persistence: { backend: 'json', path: log, retention: { max_records: 3 } } }); // prettier-ignore
    const source = {
      warnings: [],
      stores: [{ label: null, open }],
      again: async () => source,
      publish: async () => [],
    };
    const nothing = (): void => {};
    await new Service({
      load: async () => source,
      everyMs: 1,
      everyMsOf: () => 1,
      minFree: undefined,
      notifier: { ready: nothing, reloading: nothing, stopping: nothing, status: nothing, close: nothing }, // prettier-ignore
      events: {
        ran: lookAtRun,
        failed: (_label, { error }) => {
          throw error;
        },
        recovered: nothing,
        warn: nothing,
        note: nothing,
      },
      signal: stop.signal,
    }).run();
    const [first, , last] = looks;
    expect(last!.descriptors).toBeLessThanOrEqual(first!.descriptors);
    // A leak of a kilobyte in each run would show.
    expect(last!.heap - first!.heap).toBeLessThan(1_000_000 + RUNS * 500);
    expect(last!.state).toBeLessThan(first!.state + 1000);
    const system = await open();
    const { compactions_run } = await system.metrics.read();
    await system.close();
    expect(compactions_run).toBe(RUNS);
  },
);
