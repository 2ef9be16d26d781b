import { execaSync } from 'execa';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { papyra } from '../support/papyra.js';
import { inRoot, lastingDirectory, makePackages, someLog, version, type Container } from '../support/packages.js'; // prettier-ignore
import { tempDirectory } from '../support/temp.js';
import { hclText } from '../../src/schedule/quote.js';
import { nomadJob } from '../schedule/read-back.js';

const out = lastingDirectory();
const archive = join(out.path, `papyra-${version()}-linux-${process.arch}.oci.tar`);
const root = join(out.path, 'unpacked');

beforeAll(() => {
  makePackages(out.path, 'image');
  const layout = join(out.path, 'layout');
  mkdirSync(layout);
  execaSync('tar', ['-xf', archive, '-C', layout]);
  execaSync('umoci', ['raw', 'unpack', '--image', `${layout}:${version()}`, root]);
}, 300_000);
afterAll(out.remove);

interface CronJob {
  spec: { jobTemplate: { spec: { template: { spec: Pod } } } };
}
interface Pod {
  securityContext: { runAsUser: number; runAsGroup: number; seccompProfile: object };
  containers: [{ image: string; command: string[]; args: string[]; securityContext: object }];
}

/** The CronJob that papyra prints for a log. */
async function printed(log: string): Promise<Pod> {
  const run = await papyra(['schedule', 'kubernetes', '--path', log, '--max-age', '7d']);
  const [document] = parseAllDocuments(run.stdout);
  return (document!.toJS() as CronJob).spec.jobTemplate.spec.template.spec;
}

test('skopeo reads the archive, and its name is the one that the printed jobs have', async () => {
  const read = execaSync('skopeo', ['inspect', '--config', `oci-archive:${archive}`]).stdout;
  expect(JSON.parse(read)).toMatchObject({
    architecture: process.arch === 'x64' ? 'amd64' : 'arm64',
    os: 'linux',
    config: { User: '65532:65532', Entrypoint: ['papyra'], Env: ['PATH=/usr/bin'] },
  });
  const index = execaSync('tar', ['-xOf', archive, 'index.json']).stdout;
  const { manifests } = JSON.parse(index) as { manifests: { annotations: object }[] };
  expect(manifests.map(({ annotations }) => annotations)).toEqual([
    {
      'io.containerd.image.name': `docker.io/library/papyra:${version()}`,
      'org.opencontainers.image.ref.name': version(),
    },
  ]);
  const log = join(tempDirectory(), 'events.ndjson');
  someLog(log, 1, 1);
  expect((await printed(log)).containers[0].image).toBe(`papyra:${version()}`);
  const nomad = await papyra(['schedule', 'nomad', '--path', log, '--max-age', '7d']);
  const { task } = await nomadJob(nomad.stdout);
  expect(task.config[0].image).toBe(`papyra:${version()}`);
  expect(hclText(task.config[0].image)).toBe(`"papyra:${version()}"`);
});

describe('in the security context of the printed CronJob', () => {
  let data: string;
  let log: string;
  let pod: Pod;

  /** The user id has no name in the image, and owns the log. */
  const OWNER = 12_345;

  beforeEach(async () => {
    data = tempDirectory();
    log = join(data, 'events.ndjson');
    someLog(log, 3, 2, OWNER);
    pod = await printed(log);
  });

  /** The command of the CronJob, with the directory of the log at the same path as outside. */
  function compact(container: Container = {}, flags: string[] = []) {
    const { runAsUser, runAsGroup } = pod.securityContext;
    const [{ command, args }] = pod.containers;
    const words = [...command, ...args.map((word) => word.replace(log, '/data/events.ndjson')), ...flags]; // prettier-ignore
    const user = `${runAsUser}:${runAsGroup}`;
    const whole = root;
    mkdirSync(join(whole, 'data'), { recursive: true });
    return inRoot(whole, words, { user, confined: true, data, ...container });
  }

  test('it demands a read-only root, no capabilities, no new privileges and the default of seccomp', () => {
    expect(pod.securityContext).toEqual({ runAsUser: OWNER, runAsGroup: OWNER, seccompProfile: { type: 'RuntimeDefault' } }); // prettier-ignore
    expect(pod.containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    });
    const look = inRoot(root, ['/look', '-E', '^(CapPrm|CapEff|CapInh|NoNewPrivs|Uid)', '/proc/self/status'], { user: '12345:12345', confined: true, before: GREP }); // prettier-ignore
    expect(look.stdout.replaceAll('\t', ' ').split('\n').sort()).toEqual(['', 'CapEff: 0000000000000000', 'CapInh: 0000000000000000', 'CapPrm: 0000000000000000', 'NoNewPrivs: 1', 'Uid: 12345 12345 12345 12345']); // prettier-ignore
  });

  test('the log is compacted by a user without a name', () => {
    expect(compact()).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(readFileSync(log, 'utf8').split('\n')).toHaveLength(3);
    expect(statSync(log)).toMatchObject({ uid: OWNER, gid: OWNER });
  });

  test('a writer that cannot be seen, but that the kernel tells the owner of, is waited for: 75, nothing changed', async () => {
    const before = readFileSync(log);
    const writer = spawn('sh', ['-c', `exec 3>>${log}; echo ready; exec sleep 60`]);
    await once(writer.stdout, 'data');
    const run = compact({}, ['--lock-wait', '0s']);
    writer.kill();
    expect(run.code, run.stderr).toBe(75);
    expect(readFileSync(log).equals(before)).toBe(true);
  });

  test('where the kernel tells nothing, the old file is kept; what a late writer appends is taken over by a later run', async () => {
    // Another user of the group of the log: only the owner may ask for a lease.
    execaSync('chmod', ['-R', 'g+rwX', data]);
    execaSync('chmod', ['2770', data]);
    const writer = spawn('sh', ['-c', `exec 3>>${log}; echo ready; read line; echo "$line" >&3; echo ok`]); // prettier-ignore
    await once(writer.stdout, 'data');
    const run = compact({ user: `4242:${OWNER}` });
    const kept = readdirSync(data).filter((name) => /papyra\.(?!lock)/.test(name));
    console.log(run, readdirSync(data));
    writer.stdin.write('{"kind":"event","timestamp":4102444800,"n":"late"}\n');
    await once(writer, 'exit');
    expect(kept).not.toEqual([]);
    appendFileSync(log, '');
  });
});

/** A grep in a root that has none. */
const GREP = `
  cp /usr/bin/grep "$root/tmp/grep"; touch "$root/look" 
`;

test('the archive is the same when it is made again', () => {
  const again = tempDirectory();
  const one = join(out.path, `papyra-${version()}-linux-${process.arch}`);
  cpSync(one, join(again, 'kept'));
  makePackages(again, 'image');
  const name = `papyra-${version()}-linux-${process.arch}.oci.tar`;
  expect(readFileSync(join(again, name)).equals(readFileSync(archive))).toBe(true);
}, 300_000);
