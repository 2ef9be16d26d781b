import { execaSync } from 'execa';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { papyra, type Run } from '../support/papyra.js';
import { inRoot, lastingDirectory, makePackages, someLog, version } from '../support/packages.js'; // prettier-ignore
import { tempDirectory } from '../support/temp.js';
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
  mkdirSync(join(root, 'data'));
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

  /** The command of the CronJob runs in the image; the directory of the log is mounted at /data. */
  function compact(): Run {
    const { runAsUser, runAsGroup } = pod.securityContext;
    const [{ command, args }] = pod.containers;
    const words = [...command, ...args.map((word) => word.replace(log, '/data/events.ndjson'))];
    return inRoot(root, words, { user: `${runAsUser}:${runAsGroup}`, confined: true, data });
  }

  test('it demands a read-only root, no capabilities, no new privileges and the default of seccomp', () => {
    expect(pod.securityContext).toEqual({ runAsUser: OWNER, runAsGroup: OWNER, seccompProfile: { type: 'RuntimeDefault' } }); // prettier-ignore
    expect(pod.containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    });
    writeFileSync(join(data, 'look.mjs'), LOOK);
    execaSync('chown', [`${OWNER}`, join(data, 'look.mjs')]);
    const words = ['papyra', '--config', '/data/look.mjs', 'config', 'show'];
    const look = inRoot(root, words, { user: `${OWNER}:${OWNER}`, confined: true, data });
    expect(look.stderr.replaceAll('\t', ' ').split('\n')).toEqual([
      `Uid: ${OWNER} ${OWNER} ${OWNER} ${OWNER}`,
      'CapInh: 0000000000000000',
      'CapPrm: 0000000000000000',
      'CapEff: 0000000000000000',
      'NoNewPrivs: 1',
      'EROFS',
      '',
    ]);
  });

  test('the log is compacted by a user without a name', () => {
    expect(compact()).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(readFileSync(log, 'utf8').split('\n')).toHaveLength(3);
    expect(statSync(log)).toMatchObject({ uid: OWNER, gid: OWNER });
  });

  test('a writer that cannot be seen and holds the log open is told of by the kernel: 75, and nothing is changed', async () => {
    const before = readFileSync(log);
    const writer = spawn('sh', ['-c', `exec 3>>${log}; echo ready; exec sleep 60`]);
    await once(writer.stdout, 'data');
    const run = compact();
    writer.kill();
    expect(run.code, run.stderr).toBe(75);
    expect(run.stderr).toContain('a process that cannot be seen from here');
    expect(readFileSync(log).equals(before)).toBe(true);
  });

  test('writers that open and close the log for each record, unseen, lose none of them', async () => {
    const line = '{"kind":"event","timestamp":4102444800,"n":\'$n\'}';
    const loop = `n=0; while [ ! -e ${data}/stop ]; do echo '${line}' >>${log}; n=$((n+1)); [ $n = 1 ] && echo ready; done; echo $n`;
    const writer = spawn('sh', ['-c', loop]);
    let said = '';
    writer.stdout.on('data', (text: Buffer) => (said += text.toString()));
    await once(writer.stdout, 'data');
    const run = compact();
    writeFileSync(join(data, 'stop'), '');
    await once(writer, 'close');
    expect(run.code, run.stderr).toBe(0);
    const count = Number(said.trim().split('\n').at(-1));
    const numbers = [...readFileSync(log, 'utf8').matchAll(/4102444800,"n":(\d+)/g)].map(([, n]) => Number(n)); // prettier-ignore
    // One that came in between may stand a little later.
    numbers.sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: count }, (_, n) => n));
    expect(readFileSync(log, 'utf8').split('\n')).toHaveLength(count + 2 + 1);
  });
});

/** A configuration that tells what its process may do. */
const LOOK = `
  import { readFileSync, writeFileSync } from 'node:fs';
  const status = readFileSync('/proc/self/status', 'utf8').split('\\n');
  for (const line of status) if (/^(Uid|Cap(Inh|Prm|Eff)|NoNewPrivs)/.test(line)) console.log(line);
  try { writeFileSync('/tmp/x', ''); } catch (error) { console.log(error.code); }
  export default { persistence: { backend: 'memory' } };
`;

test('the archive is the same when it is made again', () => {
  const again = tempDirectory();
  makePackages(again, 'image');
  const name = `papyra-${version()}-linux-${process.arch}.oci.tar`;
  expect(readFileSync(join(again, name)).equals(readFileSync(archive))).toBe(true);
}, 300_000);
