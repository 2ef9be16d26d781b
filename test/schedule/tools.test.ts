import { execaSync } from 'execa';
import fc from 'fast-check';
import { Deployment } from 'kubernetes-models/apps/v1';
import { CronJob, type ICronJob } from 'kubernetes-models/batch/v1';
import type { IPodSpec } from 'kubernetes-models/v1';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { hclText, shellWord, systemdArgument, systemdWord } from '../../src/schedule/quote.js';
import { unitsFor, type ScheduleKind } from '../../src/schedule/schedule.js';
import { tempDirectory } from '../support/temp.js';
import { fileJob, fileService, HOSTILE, manyJob, PLACE, redisJob } from './jobs.js';
import { hclWords, nomadJob, systemdWords, unitValue } from './read-back.js';

const jobs = [
  ['a log', fileJob()],
  ['an archive', fileJob('/data/a/log.ndjson', '/backup')],
  ['Redis', redisJob()],
  ['a hostile path', fileJob(HOSTILE, `${HOSTILE}.d`)],
  ['many stores', manyJob()],
  ['some stores', manyJob(['orders', 'tenants'])],
  ['a name that ends in a backslash', fileJob('/data/a/log\\')],
] as const;
/** systemd-analyze looks whether the program is there. */
const HERE = { ...PLACE, command: [process.execPath, '/usr/local/bin/papyra'] };
const content = async (kind: ScheduleKind, job: (typeof jobs)[number][1]) =>
  (await unitsFor(kind, job, HERE))[0]!.content;

/** Texts without control characters; the same each time. */
const TEXTS = fc
  .sample(
    fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll(/\p{C}/gu, '') || '-'),
    { numRuns: 300, seed: 7 },
  )
  .concat(HOSTILE, '\\', '\\"', '%', '%%', '$$', "'", '${{', '%{}', '$%{$');

describe('the words of a command come back as they were', () => {
  test('from a shell', () => {
    const { stdout } = execaSync('/bin/sh', ['-s'], {
      input: `printf '%s\\n' ${TEXTS.map(shellWord).join(' ')}`,
      stripFinalNewline: true,
    });
    expect(stdout.split('\n')).toEqual(TEXTS);
  });

  test('from a line of systemd', () => {
    expect(systemdWords(TEXTS.map(systemdArgument).join(' '), true)).toEqual(TEXTS);
    expect(systemdWords(TEXTS.map(systemdWord).join(' '), false)).toEqual(TEXTS);
  });

  test('from HCL', async () => {
    const composed = TEXTS.map((text) => text.normalize('NFC'));
    expect(await hclWords(`[${TEXTS.map(hclText).join(', ')}]`)).toEqual(composed);
  });
});

/** Not all machines have cron, and only that of Debian checks a file. */
const NO_CRONTAB = !/-n\b/.test(
  execaSync('sh', ['-c', 'crontab -h 2>&1'], { reject: false }).stdout,
);

describe.each(jobs)('for %s', (_what, job) => {
  test('systemd-analyze has nothing to complain about', async () => {
    const directory = tempDirectory();
    const units = await unitsFor('systemd', job, HERE);
    for (const { name, content } of units) writeFileSync(join(directory, name), content);
    const files = units.map(({ name }) => join(directory, name));
    const verify = execaSync('systemd-analyze', ['verify', '--man=no', ...files], {
      reject: false,
    });
    expect({ code: verify.exitCode, stderr: verify.stderr }).toEqual({ code: 0, stderr: '' });
  });

  test.skipIf(NO_CRONTAB)('crontab has nothing to complain about', async () => {
    const input = await content('cron', job);
    const { stderr, exitCode } = execaSync('crontab', ['-n', '-'], { input, reject: false });
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('successfully checked')]);
  });

  test('no line of a unit goes on in the next one', async () => {
    const units = await unitsFor('systemd', job, PLACE);
    expect(units).toHaveLength(2);
    for (const { content } of units) expect(content).not.toMatch(/^[^#].*\\$/m);
  });

  test('the command of systemd has the arguments', async () => {
    const words = systemdWords(unitValue(await content('systemd', job), 'ExecStart'), true);
    expect(words).toEqual([...HERE.command, ...job.args]);
  });

  test('Kubernetes takes the CronJob, and it has the arguments', async () => {
    const document = parseYaml(await content('kubernetes', job), { version: '1.1' }) as ICronJob;
    const cronJob = new CronJob(document);
    cronJob.validate();
    const { spec } = cronJob.spec!.jobTemplate.spec!.template;
    const [container] = spec!.containers;
    expect(cronJob.spec!.concurrencyPolicy).toBe('Forbid');
    expect(container!.args!.map((arg) => arg.replaceAll('$$', '$'))).toEqual(job.args);
    const volumes = spec!.volumes!.map(({ name }) => name);
    expect(container!.volumeMounts!.map(({ name }) => name)).toEqual(volumes);
  });

  test('the parser of HashiCorp reads the job, and it has the arguments', async () => {
    const { name, group, task, args } = await nomadJob(await content('nomad', job));
    expect(name).toBe(job.name);
    expect(args).toEqual(job.args);
    const mounted = (task.volume_mount ?? []).map(({ volume }) => volume);
    expect(mounted.sort()).toEqual(Object.keys(group.volume ?? {}).sort());
  });
});

describe.each([
  ['a log', fileService('/data/a/log.ndjson', 9464)],
  ['a hostile path', fileService(HOSTILE, 1)],
  ['Redis', redisJob({ flags: [], port: null })],
  ['many stores', manyJob([], { flags: [], port: 9464 })],
])('a service for %s', (_what, job) => {
  test('systemd-analyze has nothing to complain about, and the command has the arguments', async () => {
    const [unit] = await unitsFor('systemd', job, {
      ...PLACE,
      command: [process.execPath, 'papyra.js'],
    });
    const file = join(tempDirectory(), unit!.name);
    writeFileSync(file, unit!.content);
    const verify = execaSync('systemd-analyze', ['verify', '--man=no', file], { reject: false });
    expect({ code: verify.exitCode, stderr: verify.stderr }).toEqual({ code: 0, stderr: '' });
    const words = systemdWords(unitValue(unit!.content, 'ExecStart'), true);
    expect(words).toEqual([process.execPath, 'papyra.js', ...job.args]);
    expect(job.args).toContain('watch');
  });

  test('Kubernetes takes the pods with the sidecar', async () => {
    const patch = parseYaml(await content('kubernetes', job), { version: '1.1' }) as Patch;
    const { initContainers, volumes = [] } = patch.spec.template.spec;
    const [sidecar] = initContainers;
    // What the runtime of somebody has, and the patch, put together.
    const deployment = new Deployment({
      metadata: { name: 'runtime' },
      spec: {
        selector: { matchLabels: { app: 'runtime' } },
        template: {
          metadata: { labels: { app: 'runtime' } },
          spec: { containers: [{ name: 'runtime', image: 'x' }], initContainers, volumes },
        },
      },
    });
    deployment.validate();
    expect(sidecar!.restartPolicy).toBe('Always');
    expect(sidecar!.args!.map((arg) => arg.replaceAll('$$', '$'))).toEqual(job.args);
    const ports = job.service!.port === null ? undefined : [job.service!.port];
    expect(sidecar!.ports?.map(({ containerPort }) => containerPort)).toEqual(ports);
    expect(sidecar!.livenessProbe?.httpGet?.path).toBe(ports && '/livez');
  });
});

interface Patch {
  spec: {
    template: { spec: Pick<IPodSpec, 'volumes'> & Required<Pick<IPodSpec, 'initContainers'>> };
  };
}

describe('a crontab', () => {
  test.each([
    ['a backslash', '/srv/a\\b/log.ndjson', 'a backslash, as in /srv/a\\b/log.ndjson'],
    ['a command of a kilobyte', `/srv/${'x'.repeat(1000)}/log`, 'longer than the 998 characters'],
  ])('with %s is refused', async (_what, log, why) => {
    const job = { ...fileJob(), args: ['--path', log] };
    await expect(unitsFor('cron', job, PLACE)).rejects.toThrow(why);
  });
});

test('a path that Nomad would spell in another way is refused', async () => {
  const job = fileJob('/srv/u\u0308ber/log.ndjson');
  await expect(unitsFor('nomad', job, PLACE)).rejects.toThrow('would be spelt in another way');
});

describe('a secret', () => {
  test.each<ScheduleKind>(['systemd', 'kubernetes', 'nomad'])(
    'of Redis comes from elsewhere in %s, and nothing here could hold one',
    async (kind) => {
      const unit = await content(kind, redisJob());
      const places = /EnvironmentFile=-\/etc\/papyra|secretRef:|nomadVar/;
      expect(unit).toMatch(places);
      expect(unit).toContain('PAPYRA_REDIS_URL');
    },
  );
});
