// Makes papyra_VERSION_ARCH.deb from the one file, with dpkg-deb.
// Usage: npm run package:deb [-- --arch x64|arm64]
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ARCHITECTURES, archOfArguments, EPOCH, OUT, ROOT, run, settleTimes, VERSION, workFolder, type Arch } from './common.js'; // prettier-ignore
import { licences } from './licences.js';
import { fetchKoffi } from './npm-package.js';
import { makeOneFile } from './one-file.js';

/** The packaging of a version may change: then the number after the dash does. */
const DEBIAN_VERSION = `${VERSION}-1`;

/** A tenth larger than the best level, and made in a fifth of the time; not all dpkg read zstd. */
const XZ = ['-Zxz', '-z1'];

/** papyra-ops is the name that the runtime has not; what bears it beside papyra. Completion of zsh names both itself. */
const SECOND_NAMES = [
  'usr/bin/papyra',
  'usr/share/man/man1/papyra.1.gz',
  'usr/share/bash-completion/completions/papyra',
  'usr/share/fish/vendor_completions.d/papyra.fish',
];

const FILES = join(import.meta.dirname, 'deb');
const MAINTAINER = /^Maintainer: (.*)$/m;

export const debPath = (arch: Arch) =>
  join(OUT, `papyra_${DEBIAN_VERSION}_${ARCHITECTURES[arch].debian}.deb`);

/** `oneFile`: made of the same commit. */
export function makeDeb(arch: Arch, oneFile: string): string {
  const root = workFolder(`deb-${arch}`);
  const put = (path: string, content: string | Uint8Array, mode = 0o644): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
    chmodSync(join(root, path), mode);
  };
  const file = (name: string) => readFileSync(join(FILES, name), 'utf8');

  put('usr/bin/papyra', readFileSync(oneFile), 0o755);
  put(`usr/lib/papyra/${VERSION}/koffi.node`, readFileSync(fetchKoffi(arch)));
  for (const page of readdirSync(join(ROOT, 'man')).filter((name) => /\.\d$/.test(name))) {
    const text = readFileSync(join(ROOT, 'man', page));
    put(`usr/share/man/man${page.at(-1)!}/${page}.gz`, gzip(text));
  }
  put('usr/share/bash-completion/completions/papyra', completion('bash'));
  put('usr/share/zsh/vendor-completions/_papyra', completion('zsh'));
  put('usr/share/fish/vendor_completions.d/papyra.fish', completion('fish'));
  for (const path of SECOND_NAMES) {
    symlinkSync(basename(path), join(root, path.replace(/papyra(?=[^/]*$)/, 'papyra-ops')));
  }
  put('etc/papyra/config.yaml', file('config.yaml'));
  for (const unit of ['papyra.service', 'papyra.timer']) {
    put(`usr/lib/systemd/system/${unit}`, file(unit));
  }
  const doc = 'usr/share/doc/papyra';
  put(`${doc}/copyright`, file('copyright') + readFileSync(join(ROOT, 'LICENSE'), 'utf8'));
  put(`${doc}/LICENCES.gz`, gzip(licences(arch)));
  put(`${doc}/changelog.gz`, gzip(readFileSync(join(ROOT, 'CHANGELOG.md'))));
  put(`${doc}/changelog.Debian.gz`, gzip(debianChangelog(file('control'))));
  cpSync(join(ROOT, 'examples'), join(root, doc, 'examples'), { recursive: true });
  put('usr/share/lintian/overrides/papyra', file('lintian-overrides'));

  const size = run('du', ['--summarize', '--apparent-size', '--block-size=1024', root]);
  const values: Record<string, string> = {
    version: DEBIAN_VERSION,
    architecture: ARCHITECTURES[arch].debian,
    size: size.split('\t')[0]!,
  };
  const sums = run('sh', ['-c', 'find usr -type f | sort | xargs md5sum'], { cwd: root });
  put(
    'DEBIAN/control',
    file('control').replaceAll(/@(\w+)@/g, (_all, key: string) => values[key]!),
  );
  put('DEBIAN/conffiles', '/etc/papyra/config.yaml\n');
  put('DEBIAN/md5sums', `${sums}\n`);
  for (const script of ['postinst', 'prerm', 'postrm'])
    put(`DEBIAN/${script}`, file(script), 0o755);
  settleTimes(root);
  run('dpkg-deb', ['--root-owner-group', ...XZ, '--build', root, debPath(arch)]);
  settleTimes(debPath(arch));
  rmSync(root, { recursive: true });
  return debPath(arch);
}

const gzip = (content: string | Uint8Array) => gzipSync(content, { level: 9 });

function completion(shell: string): string {
  return `${run(process.execPath, [join(ROOT, 'bin/papyra.js'), 'completion', shell])}\n`;
}

/** What is new stands in CHANGELOG.md. */
function debianChangelog(control: string): string {
  const date = new Date(EPOCH * 1000).toUTCString().replace('GMT', '+0000');
  return `papyra (${DEBIAN_VERSION}) unstable; urgency=medium

  * Version ${VERSION}: see /usr/share/doc/papyra/changelog.gz.

 -- ${MAINTAINER.exec(control)![1]!}  ${date}
`;
}

if (process.argv[1] === import.meta.filename) {
  const arch = archOfArguments();
  console.log(makeDeb(arch, await makeOneFile(arch)));
}
