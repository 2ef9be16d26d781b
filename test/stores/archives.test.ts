// Archives of stores that share a directory, though their logs have the same name.
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { papyra } from '../support/papyra.js';
import { tempDirectory } from '../support/temp.js';
import { fresh, manyStores } from './stores.js';

const LABELS = ['orders', 'billing', 'tenants/t1', 'tenants/t2'];

interface Document {
  store: string;
  archives: { target: string }[];
  removed: { target: string }[];
  directory: string;
  status: string;
}

/** Each store has archived one record that says whose it is; `silent` has not run yet. */
async function archived() {
  const archive = tempDirectory();
  const { home, config, log } = manyStores({}, { archive: { dir: archive } });
  for (const name of LABELS) {
    writeFileSync(log(name), `{"kind":"event","of":"${name}","timestamp":100}\n${fresh()}`);
  }
  expect((await papyra(['--config', config, '--quiet', 'persistence', 'compact'])).code).toBe(0);
  const text = JSON.parse(readFileSync(config, 'utf8')) as { stores: object };
  mkdirSync(join(home, 'silent'));
  writeFileSync(log('silent'), fresh());
  const stores = { ...text.stores, silent: { path: log('silent') } };
  writeFileSync(config, JSON.stringify({ ...text, stores }));
  return { archive, home, config, log };
}

const all = [...LABELS, 'silent'];

async function run(config: string, ...args: string[]) {
  const { code, stdout, stderr } = await papyra(['--config', config, '--json', ...args]);
  const document = stdout === '' ? undefined : (JSON.parse(stdout) as Document & { reports: Document[]; exit_code: number }); // prettier-ignore
  return { code, stderr, document: document! };
}

const archives = (directory: string) =>
  readdirSync(directory).filter((name) => name.startsWith('papyra-archive_'));

describe('archives of many stores in one directory', () => {
  test('are listed and verified for all, each store with its own', async () => {
    const { config, log } = await archived();
    for (const command of ['list', 'verify']) {
      const { code, document } = await run(config, 'archive', command);
      expect(code).toBe(0);
      const found = document.reports.map(({ store, archives: own }) => [store, own.map(({ target }) => target)]); // prettier-ignore
      expect(found).toEqual(all.map((label) => [label, label === 'silent' ? [] : [log(label)]]));
    }
    const one = await run(config, 'archive', 'list', '--store', 'billing');
    expect(one.document.archives.map(({ target }) => target)).toEqual([log('billing')]);
    const silent = await run(config, 'archive', 'list', '--store', 'silent');
    expect(silent.document.archives).toEqual([]);
    const some = await run(config, 'archive', 'list', '--store', 'tenants');
    expect(some.document.reports.map(({ store }) => store)).toEqual(['tenants/t1', 'tenants/t2']);
    const every = await run(config, 'archive', 'list', '--all');
    expect(every.document.archives).toHaveLength(4);
  });

  test('a damaged one is that of its store, and makes the exit code 1', async () => {
    const { config, archive } = await archived();
    const list = await run(config, 'archive', 'list', '--store', 'orders');
    const [{ file }] = list.document.archives as unknown as [{ file: string }];
    appendFileSync(join(archive, file), 'x');
    const { code, document } = await run(config, 'archive', 'verify');
    expect(code).toBe(1);
    expect(document.exit_code).toBe(1);
    expect(document.reports.map(({ status }) => status)).toEqual(['damaged', 'sound', 'sound', 'sound', 'sound']); // prettier-ignore
    const shown = await papyra(['--config', config, 'archive', 'verify']);
    expect(shown.stdout).toMatch(/^Damaged: 1 of the archives of 5 stores/);
    expect(shown.stdout).toContain(file);
  });

  test('restore gives back the records of the one store that is named, and asks for it', async () => {
    const { config, home } = await archived();
    const to = join(home, 'restored');
    const refused = await run(config, 'archive', 'restore', '--to', to);
    expect(refused.code).toBe(64);
    expect(refused.stderr).toContain('add --store NAME with one of orders, billing, tenants/t1');
    const { code } = await run(config, 'archive', 'restore', '--store', 'tenants/t2', '--to', to);
    expect(code).toBe(0);
    expect(readFileSync(to, 'utf8')).toBe('{"kind":"event","of":"tenants/t2","timestamp":100}\n');
    const none = await run(config, 'archive', 'restore', '--store', 'silent', '--to', `${to}2`);
    expect(none.code).toBe(66);
  });

  test('prune removes those of the stores that are named, never those of others', async () => {
    const { config, archive } = await archived();
    const age = ['--max-age', '1d'];
    await run(config, 'archive', 'prune', '--store', 'silent', ...age);
    expect(archives(archive)).toHaveLength(4);
    await run(config, 'archive', 'prune', '--store', 'orders', '--store', 'tenants', ...age);
    const left = await run(config, 'archive', 'list', '--store', 'billing');
    expect(archives(archive)).toHaveLength(1);
    expect(left.document.archives).toHaveLength(1);
    expect((await run(config, 'archive', 'prune', ...age)).code).toBe(0);
    expect(archives(archive)).toEqual([]);
  });

  test('inspect --archive lists those of the store in front of it, no others', async () => {
    const { config, archive } = await archived();
    for (const label of all) {
      const { stdout, code } = await papyra(['--config', config, '--json', 'inspect', 'events', '--store', label, '--archive', archive]); // prettier-ignore
      expect(code).toBe(0);
      const owners = [...stdout.matchAll(/"of":"([^"]+)"/g)].map(([, of]) => of);
      expect(owners).toEqual(label === 'silent' ? [] : [label]);
    }
  });

  test('a store that lost what it remembers still finds its own', async () => {
    const { config, home, log } = await archived();
    rmSync(join(home, 'orders', '.papyra'), { recursive: true });
    const { document } = await run(config, 'archive', 'list', '--store', 'orders');
    expect(document.archives.map(({ target }) => target)).toEqual([log('orders')]);
  });

  test('stores that are not archived are no failure', async () => {
    const { config } = manyStores();
    const { code, document } = await run(config, 'archive', 'list');
    expect(code).toBe(0);
    expect(document.reports.map(({ directory }) => directory)).toEqual(['', '', '', '']);
  });
});
