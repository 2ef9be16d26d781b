// Makes the periodic batch job for Nomad.
import { basename } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import { comment, purpose } from './comment.js';
import {
  configMount,
  ENTRYPOINT,
  mountsOf,
  needsOf,
  type Container,
  type Mount,
} from './container.js';
import type { Job, UnitFile } from './job.js';
import { hclText, shellWord } from './quote.js';
import { cronFields } from './times.js';

export function nomadUnit(job: Job, container: Container): UnitFile[] {
  const mounts = mountsOf(job, container);
  const config = configMount(job, mounts);
  const { name, times, backend } = job;
  assertComposed([...job.args, ...mounts.map(({ path }) => path)]);
  const user = container.owner && `${container.owner.uid}:${container.owner.gid}`;
  const notes = comment(
    ...purpose(job),
    ...needsOf(job, container),
    ...(config === null && backend !== 'redis' ? [] : variableNotes(job, config)),
    'Then save this and type nomad job run on it. The times are UTC.',
  );
  const content = `${notes}
job ${hclText(name)} {
  type = "batch"

  periodic {
    crons            = [${hclText(cronFields(times))}]
    prohibit_overlap = true
  }

  group "compact" {
${mounts.map(volume).join('')}    # Try again later (75), and what else may pass by itself, is tried again twice.
    restart {
      attempts = 2
      interval = "1h"
      delay    = "5m"
      mode     = "fail"
    }

    reschedule {
      attempts  = 0
      unlimited = false
    }

    task "papyra" {
      driver = "docker"
${user ? `      user   = ${hclText(user)}\n` : ''}
      config {
        image      = ${hclText(container.image)}
        entrypoint = ${list(ENTRYPOINT)}
        args       = ${list(job.args)}

        readonly_rootfs = true
        cap_drop        = ["all"]
        security_opt    = ["no-new-privileges"]
${config === null ? '' : bind(config)}      }
${mounts.map(volumeMount).join('')}${templates(job, config)}
      logs {
        max_files     = 3
        max_file_size = 5
      }

      resources {
        cpu    = 100
        memory = 256
      }
    }
  }
}
`;
  return [{ name: `${name}.nomad.hcl`, content }];
}

/** Nomad encrypts its variables, so they may hold a password. */
function variableNotes({ name, backend }: Job, config: string | null): string[] {
  const put = config === null ? '' : ` ${shellWord(`config=@${config}`)}`;
  const url = backend === 'redis' ? ' redis_url=@FILE' : '';
  return [
    `What is not for this file is read from a variable of Nomad${url && '; redis_url may be left out where the configuration has it'}:`,
    `  nomad var put nomad/jobs/${name}${put}${url}`,
  ];
}

/** HCL composes letters with accents (NFC), which makes another name for the file system. */
function assertComposed(words: string[]): void {
  const other = words.find((word) => word !== word.normalize('NFC'));
  if (other === undefined) return;
  throw new PapyraError('usage', `${other} would be spelt in another way in a job of Nomad`, {
    hint: 'its accents are letters of their own, which HCL joins; rename it',
  });
}

const list = (words: string[]) => `[${words.map(hclText).join(', ')}]`;

function volume({ name, source }: Mount): string {
  return `    volume ${hclText(name)} {
      type   = "host"
      source = ${hclText(source)}
    }

`;
}

function volumeMount({ name, path }: Mount): string {
  return `
      volume_mount {
        volume      = ${hclText(name)}
        destination = ${hclText(path)}
      }
`;
}

function bind(config: string): string {
  return `
        mount {
          type     = "bind"
          source   = ${hclText(`secrets/${basename(config)}`)}
          target   = ${hclText(config)}
          readonly = true
        }
`;
}

function templates({ name, backend }: Job, config: string | null): string {
  const read = (what: string) => `{{ with nomadVar "nomad/jobs/${name}" }}${what}{{ end }}`;
  const file = (destination: string, data: string, more = '') => `
      template {
        data        = ${hclText(data)}
        destination = ${hclText(destination)}
${more}      }
`;
  const url = '{{ with .redis_url }}PAPYRA_REDIS_URL={{ . | trimSpace | toJSON }}{{ end }}';
  return [
    config === null ? '' : file(`secrets/${basename(config)}`, read('{{ .config }}')),
    backend === 'redis' ? file('secrets/redis.env', read(url), '        env         = true\n') : '',
  ].join('');
}
