// Makes papyra-VERSION-linux-ARCH.oci.tar from the one file: an image in the layout of OCI, with umoci, without a registry.
// Usage: npm run package:image [-- --arch x64|arm64]
import { join } from 'node:path';
import { readFileSync, writeFileSync } from 'node:fs';
import { ARCHITECTURES, archOfArguments, EPOCH, OUT, run, settleTimes, VERSION, workFolder, type Arch } from './common.js'; // prettier-ignore
import { debianRoot } from './debian-root.js';
import { fetchKoffi } from './npm-package.js';
import { makeOneFile } from './one-file.js';

/** A plain user; a job runs as the owner of its log instead. */
const USER = '65532:65532';

export const imagePath = (arch: Arch) => join(OUT, `papyra-${VERSION}-linux-${arch}.oci.tar`);

/** `oneFile`: made of the same commit. */
export function makeImage(arch: Arch, oneFile: string): string {
  const work = workFolder(`image-${arch}`);
  const root = join(work, 'root');
  const script = join(import.meta.dirname, 'image/root.sh');
  run('sh', [script, debianRoot(arch), oneFile, fetchKoffi(arch), VERSION, root]);
  settleTimes(root);
  const layout = join(work, 'layout');
  const image = ['--image', `${layout}:${VERSION}`];
  const created = new Date(EPOCH * 1000).toISOString();
  const history = [`--history.created=${created}`, '--history.author=papyra'];
  run('umoci', ['init', '--layout', layout]);
  run('umoci', ['new', ...image]);
  run('umoci', ['insert', ...image, ...history, root, '/']);
  run('umoci', [
    ...['config', ...image, '--no-history', `--created=${created}`, '--author=papyra'],
    ...['--os=linux', `--architecture=${ARCHITECTURES[arch].debian}`],
    ...[`--config.user=${USER}`, '--config.entrypoint=papyra', '--config.env=PATH=/usr/bin'],
    ...Object.entries(labels()).map(([key, value]) => `--config.label=${LABEL}.${key}=${value}`),
  ]);
  run('umoci', ['gc', '--layout', layout]);
  nameImage(layout);
  settleTimes(layout);
  const order = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--format=ustar'];
  run('tar', [...order, '-cf', imagePath(arch), '-C', layout, 'blobs', 'index.json', 'oci-layout']);
  settleTimes(imagePath(arch));
  return imagePath(arch);
}

const LABEL = 'org.opencontainers.image';

function labels(): Record<string, string> {
  return { title: 'papyra', version: VERSION, licenses: 'MIT' };
}

interface Index {
  manifests: { annotations: Record<string, string> }[];
}

/** The tag is not the name: this is what containerd and docker call it, and what `papyra schedule` prints. */
function nameImage(layout: string): void {
  const path = join(layout, 'index.json');
  const index = JSON.parse(readFileSync(path, 'utf8')) as Index;
  const [manifest] = index.manifests;
  manifest!.annotations['io.containerd.image.name'] = `docker.io/library/papyra:${VERSION}`;
  writeFileSync(path, JSON.stringify(index));
}

if (process.argv[1] === import.meta.filename) {
  const arch = archOfArguments();
  console.log(makeImage(arch, await makeOneFile(arch)));
}
