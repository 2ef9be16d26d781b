// Checks that nothing stands in the way of a compaction, without running one.
import type { Backend } from '../backends/backend.js';
import { NO_LIMIT } from '../log/report.js';
import { isFor } from '../config/keys.js';
import type { EffectiveConfig } from '../config/types.js';
import { namesFor } from '../files/names.js';
import { hooksOf } from './hooks-of.js';
import { isUnlimited, type RetentionPolicy } from '../retention/policy.js';

/** The result of a check that found no obstacle, and the document of `config check --json`. */
export interface SystemCheck {
  schema: 'papyra.check/v1';
  /** The configuration file; null when there is none. */
  file: string | null;
  backend: string;
  target: string | null;
  policy: RetentionPolicy;
  /** What the operator should know, one sentence each. */
  warnings: string[];
}

export async function check(config: EffectiveConfig, backend: Backend): Promise<SystemCheck> {
  const { file, store, retention, archive, metrics } = config;
  const warnings = await backend.check();
  const home = backend.metricsLocation();
  if ('log' in home) {
    const { assertLockFile } = await import('../files/lock-place.js');
    assertLockFile(namesFor(home.log).lock);
  }
  (await hooksOf(config))?.assertRunnable();
  if (archive !== undefined && isFor(store.backend, 'persistence.archive.dir')) {
    const { archivingTo, assertArchiving } = await import('./archiving.js');
    await assertArchiving(await archivingTo(archive, { config, backend }));
  }
  const { enabled, textfile } = metrics;
  if (textfile !== undefined) {
    const { checkTextfile, textfileProblem } = await import('../metrics/textfile.js');
    const found = [enabled ? checkTextfile(textfile) : undefined, textfileProblem(textfile, enabled)]; // prettier-ignore
    warnings.push(...found.filter((warning) => warning !== undefined));
  }
  if (isUnlimited(retention)) warnings.push(NO_LIMIT);
  const { name, target } = backend;
  return { schema: 'papyra.check/v1', file, backend: name, target, policy: retention, warnings };
}
