import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { doctor, healthyLog, recentRecords, type Place } from '../support/doctor.js';
import { tempLog } from '../support/temp.js';

let place: Place;

beforeEach(async () => {
  place = await healthyLog();
});

/** The records of the log, with another time. */
function withTime(change: (timestamp: string) => string): string {
  return recentRecords().replaceAll(
    /"timestamp": ([\d.]+)(?=, "total|\}\n)/g,
    (_, timestamp: string) => `"timestamp": ${change(timestamp)}`,
  );
}

describe('a file that is no log of the runtime', () => {
  test('fails by its name, and its lines are not called damaged', async () => {
    writeFileSync(place.log, gzipSync(readFileSync(place.log)));
    const { code, report, found, say } = await doctor(place.args);
    expect({ code, found }).toEqual({ code: 1, found: { format: 'fail' } });
    expect(say('format')).toBe(
      `events.ndjson looks like gzip: decompress it (gzip -d) and name the result $ od -c -N 64 ${place.log}`,
    );
    expect(report.checks.map(({ name }) => name)).not.toContain('readable');
  });

  test('in milliseconds fails where an age is set, and no clock is suspected', async () => {
    writeFileSync(place.log, withTime((seconds) => String(Math.round(Number(seconds) * 1000)))); // prettier-ignore
    const { found, say } = await doctor(place.args);
    expect(found).toEqual({ format: 'fail' });
    expect(say('format')).toContain('has timestamps that look like milliseconds: the runtime writes seconds, so no age limit will ever match'); // prettier-ignore
    place.configure({ persistence: { retention: { max_records: 1000 } } });
    expect((await doctor(place.args)).found).toEqual({ format: 'warn' });
  });

  test('with times as texts fails in the same way', async () => {
    writeFileSync(place.log, withTime((seconds) => `"${new Date(Number(seconds) * 1000).toISOString()}"`)); // prettier-ignore
    const { found, say } = await doctor(place.args);
    expect(found).toMatchObject({ format: 'fail' });
    expect(say('format')).toContain('has times as ISO texts under the key timestamp');
  });

  test('with a byte order mark at its start is a warning', async () => {
    writeFileSync(place.log, `\ufeff${recentRecords()}`);
    const { found, say } = await doctor(place.args);
    expect(found).toEqual({ format: 'warn' });
    expect(say('format')).toContain('remove its first 3 bytes while nothing writes to it');
  });

  test('in a rotating set is named among the others', async () => {
    const log = tempLog(recentRecords());
    writeFileSync(`${log}.1`, gzipSync(recentRecords()));
    const { found, say } = await doctor(['--path', log, '--backend', 'rotating', '--max-age', '7d']); // prettier-ignore
    expect(found).toMatchObject({ format: 'fail' });
    expect(say('format')).toContain('events.ndjson.1 looks like gzip');
  });
});
