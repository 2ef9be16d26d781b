// Checks that a retention limit is set, and that a dry run does not fail.
import { PapyraError } from '../errors/errors.js';
import { policyText } from '../output/policy.js';
import { formatBytes } from '../output/text.js';
import { isUnlimited } from '../retention/policy.js';
import { plural } from '../units/units.js';
import { fail, pass, warn, type Check } from './check.js';
import { edit } from './command-line.js';

export const retention: Check = ({ config, papyra }) => {
  if (!isUnlimited(config.retention)) return pass(policyText(config.retention));
  if (config.backend === 'memory') return pass('the runtime alone removes records from its memory');
  const next =
    config.file === null || config.pathGiven
      ? papyra('persistence compact', '--max-age', '7d', '--dry-run')
      : edit(config.file);
  return fail('no limit is set, so no record ever expires and the store only grows', next);
};

export const nextRun: Check = ({ trial, papyra }) => {
  if (trial === null) return null;
  if (trial instanceof PapyraError) {
    const reason = `a dry run fails: ${trial.message}`;
    const next = papyra('persistence compact', '--dry-run');
    return trial.code === 'try_again' ? warn(reason, next) : fail(reason, next);
  }
  const { waiting } = trial;
  if (waiting) {
    return pass(`it would change nothing: ${plural(waiting.records ?? 0, 'record')} (${formatBytes(waiting.bytes)}) wait for min_reclaim`); // prettier-ignore
  }
  const { dropped } = trial.records;
  const freed = trial.bytes.reclaimed ? ` (${formatBytes(trial.bytes.reclaimed)})` : '';
  return pass(`it would drop ${plural(dropped ?? 0, 'record')}${freed}`);
};
