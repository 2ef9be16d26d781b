import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mountsOf } from '../../src/schedule/container.js';
import { jobName } from '../../src/schedule/name.js';
import { unitsFor, type ScheduleKind } from '../../src/schedule/schedule.js';
import { jobOf } from '../../src/schedule/job.js';
import { configOf, EVERY, fileJob, fileService, manyJob, PLACE, redisJob } from './jobs.js';

const KINDS: ScheduleKind[] = ['cron', 'systemd', 'kubernetes', 'nomad'];
const golden = (name: string) => join(import.meta.dirname, 'golden', name);

describe.each(KINDS)('%s', (kind) => {
  test.each([
    ['a log', fileJob()],
    ['a log with an archive elsewhere', fileJob('/data/a/log.ndjson', '/backup')],
    ['Redis', redisJob()],
    ['many stores', manyJob()],
    ['some stores', manyJob(['orders', 'tenants'])],
  ])('for %s is as in the golden file', async (_what, job) => {
    for (const { name, content } of await unitsFor(kind, job, PLACE)) {
      await expect(content).toMatchFileSnapshot(golden(name));
    }
  });
});

describe.each<ScheduleKind>(['systemd', 'kubernetes'])('%s, a service', (kind) => {
  test.each([
    ['a log', fileService('/var/lib/app/events.ndjson', kind === 'kubernetes' ? 9464 : null)],
    ['Redis', redisJob({ flags: [], port: null })],
    ['many stores', manyJob([], { flags: [], port: kind === 'kubernetes' ? 9464 : null })],
  ])('for %s is as in the golden file', async (_what, job) => {
    const units = await unitsFor(kind, job, PLACE);
    expect(units).toHaveLength(1);
    await expect(units[0]!.content).toMatchFileSnapshot(golden(`watch-${units[0]!.name}`));
  });
});

describe('mounts in a container', () => {
  const text = async (kind: ScheduleKind, log: string, archive?: string) =>
    (await unitsFor(kind, fileJob(log, archive), PLACE))[0]!.content;

  test.each<ScheduleKind>(['kubernetes', 'nomad'])(
    '%s: what is inside another mount is not mounted again',
    async (kind) => {
      expect(await text(kind, '/etc/papyra/log.ndjson')).not.toMatch(/config(map|=@)/);
      expect(await text(kind, '/data/log.ndjson', '/data/archive')).not.toContain('data-archive');
      expect(await text(kind, '/data/log.ndjson', '/data-archive')).toContain('app-data-archive');
    },
  );

  test.each([
    ['/data/sub/real.ndjson', ['/data']],
    ['/real.ndjson', null],
    ['/volume/real.ndjson', ['/volume', '/data']],
  ])('a link to %s: no mount in another one', (realLog, paths) => {
    const job = fileJob('/data/log.ndjson');
    job.logs = [{ ...job.logs[0]!, realPath: realLog, isLink: true }];
    const mounted = () => mountsOf(job, PLACE).map(({ path }) => path);
    if (paths) expect(mounted()).toEqual(paths);
    else expect(mounted).toThrow('is in the root directory');
  });

  test.each<ScheduleKind>(['kubernetes', 'nomad'])('%s: not the root directory', async (kind) => {
    await expect(text(kind, '/log.ndjson')).rejects.toThrow('is in the root directory');
  });

  test('of many stores: each directory once, also where one is in another', () => {
    const mounted = (job: ReturnType<typeof manyJob>) =>
      mountsOf(job, PLACE).map(({ name, source, path }) => `${name} ${source} ${path}`);
    expect(mounted(manyJob())).toEqual([
      'data app-data-orders /var/lib/orders',
      'data-2 app-data-billing /volume',
      'link app-data-billing-link /srv/billing',
      'data-3 app-data-tenants /var/lib/tenants',
      'archive app-data-archive /backup/papyra',
      'archive-2 app-data-archive-2 /backup/tenants',
    ]);
    const job = manyJob();
    job.logs.push({ ...job.logs[0]!, store: 'all', path: '/var/lib/x.ndjson' });
    job.archives = ['/var/lib/archive'];
    expect(mounted(job).map((line) => line.split(' ')[2])).toEqual(['/volume', '/srv/billing', '/var/lib']); // prettier-ignore
  });

  test('the owner of a log that is not here must be looked up', async () => {
    const [unit] = await unitsFor('kubernetes', fileJob(), { ...PLACE, owner: null });
    expect(unit!.content).toContain('# Let it run as the owner of /var/lib/app/events.ndjson');
    expect(unit!.content).not.toContain('runAsUser');
  });
});

test('a hook of one’s own is a file that must be there; one on the PATH comes with the machine', () => {
  const commands = { before_compact: ['./veto.sh', 'x'], on_error: ['curl', '/x'] };
  const hooks = { commands, directory: '/etc/papyra', explicit: true };
  const { others } = jobOf(configOf('/data/x.log', undefined, { hooks }), '/data/x.log', EVERY);
  expect(others).toEqual(['/etc/papyra/veto.sh']);
});

describe('the name of a job', () => {
  test.each([
    ['/var/lib/app/events.ndjson', 'papyra-app-events'],
    ['/events', 'papyra-events'],
    ['/srv/My App/events.ndjson', 'papyra-my-app-events-'],
    ['/srv/日本/記録', 'papyra-'],
    [`/srv/${'long-'.repeat(20)}/events`, 'papyra-long-long-long-long-long-long-long-l-'],
    ['redis://cache:6379/0 papyra:*', 'papyra-redis-cache-6379-0-papyra-'],
  ])('of %s begins with %s, and every scheduler takes it', (target, start) => {
    const name = jobName(target);
    expect(name.startsWith(start)).toBe(true);
    expect(name).toMatch(/^[a-z]([a-z0-9-]*[a-z0-9])?$/);
    expect(name.length).toBeLessThanOrEqual(52);
    if (start.endsWith('-')) expect(name).toMatch(/-[0-9a-f]{8}$/);
  });
});
