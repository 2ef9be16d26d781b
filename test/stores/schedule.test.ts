// One job for many stores.
import { chownSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { describe, expect, test } from 'vitest';
import type { Schedule } from '../../src/schedule/schedule.js';
import { systemdWords, unitValue } from '../schedule/read-back.js';
import { BARE, isRoot, papyra } from '../support/papyra.js';
import { tempDirectory } from '../support/temp.js';
import { manyStores } from './stores.js';

async function schedule(kind: string, config: string, ...more: string[]): Promise<Schedule> {
  const run = await papyra(['--config', config, '--json', 'schedule', kind, ...more]);
  expect(run).toMatchObject({ code: 0 });
  return JSON.parse(run.stdout) as Schedule;
}

describe('a job for many stores', () => {
  test('comes as often as the most demanding store asks for, and says which that is', async () => {
    const { config } = manyStores();
    const { every_seconds, reason, target } = await schedule('cron', config);
    expect(every_seconds).toBe(3600);
    expect(reason).toMatch(/^the shortest that a store asks for, which is billing: records live for 2 h/); // prettier-ignore
    expect(target).toBe(`all stores of ${config}`);
    expect(await schedule('cron', config, '--every', 'daily')).toMatchObject({
      every_seconds: 86_400,
      reason: 'it was asked for with --every',
    });
  });

  test('warns of stores for which it comes too seldom, and of those without a limit', async () => {
    const { config } = manyStores({}, { retention: {} });
    const { warnings } = await schedule('cron', config, '--every', '12h');
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(/^orders and 2 more: no limit is set/);
    expect(warnings[1]).toMatch(/^billing: a run every 12 hours is not more often than records/);
  });

  test('for systemd: the command compacts all of them, and waits for the mounts of all', async () => {
    const { home, config, log } = manyStores({}, { archive: { dir: '/tmp' } });
    const { files } = await schedule('systemd', config);
    const directory = tempDirectory();
    for (const { name, content } of files) writeFileSync(join(directory, name), content);
    const verify = execaSync('systemd-analyze', ['verify', '--man=no', ...files.map(({ name }) => join(directory, name))], { reject: false }); // prettier-ignore
    expect({ code: verify.exitCode, stderr: verify.stderr }).toEqual({ code: 0, stderr: '' });
    const paths = systemdWords(unitValue(files[0]!.content, 'RequiresMountsFor'), false);
    expect(paths).toEqual([log('orders'), log('billing'), join(home, 'tenants'), '/tmp', config]);
    const words = systemdWords(unitValue(files[0]!.content, 'ExecStart'), true);
    const run = execaSync(words[0]!, words.slice(1), {
      env: BARE,
      extendEnv: false,
      reject: false,
    });
    expect(run).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    for (const name of ['orders', 'billing', 'tenants/t1', 'tenants/t2']) {
      expect(readFileSync(log(name), 'utf8')).not.toContain('"timestamp":1}');
    }
  });

  test('for some of them names them, also as a service', async () => {
    const { config } = manyStores();
    const some = ['--store', 'orders', '--store', 'tenants'];
    const { files, reason } = await schedule('systemd', config, ...some);
    expect(files[0]!.name).toBe('papyra-orders-tenants.service');
    expect(reason).toMatch(/^all stores ask for it, such as orders: how fast/);
    expect(unitValue(files[0]!.content, 'ExecStart')).toContain(
      '--quiet persistence compact --store orders --store tenants --lock-wait',
    );
    const watch = await schedule('systemd', config, '--watch', ...some);
    expect(unitValue(watch.files[0]!.content, 'ExecStart')).toMatch(/ watch --store orders --store tenants$/); // prettier-ignore
    const one = await schedule('systemd', config, '--store', 'tenants/t1');
    expect(unitValue(one.files[0]!.content, 'ExecStart')).toContain(' --store tenants/t1 ');
  });

  test.runIf(isRoot)('in a container: the logs must have one owner', async () => {
    const { config, log } = manyStores();
    chownSync(log('orders'), 1001, 1001);
    chownSync(log('billing'), 1001, 1001);
    chownSync(log('tenants/t1'), 1001, 1001);
    chownSync(log('tenants/t2'), 1002, 1002);
    for (const kind of ['kubernetes', 'nomad']) {
      const { code, stderr } = await papyra(['--config', config, 'schedule', kind]);
      expect(code).toBe(64);
      expect(stderr).toContain('the logs belong to several users (1001:1001, 1002:1002)');
      expect(stderr).toContain('--store NAME');
      await schedule(kind, config, '--store', 'orders', '--store', 'billing');
    }
    await schedule('systemd', config);
  });

  test('is refused where there is no store yet', async () => {
    const { config } = manyStores({ stores: { none: { path: '/nonexistent/*/x.ndjson' } } });
    const { code, stderr } = await papyra(['--config', config, 'schedule', 'cron']);
    expect(code).toBe(64);
    expect(stderr).toContain('there is no store to compact: no file matches');
  });
});
