// Makes one error of the streams and masters that failed in a run, when the others went on.
import { PapyraError, type PapyraErrorOptions } from '../../errors/errors.js';

/** A stream, or the keys of a master that could not be searched. */
export interface Part {
  key: string;
  failure?: PapyraError | undefined;
}

/** Of thousands of streams that fail alike, some say it all. */
const MOST_WARNINGS = 10;

export interface Conclusion {
  /** Of the report: it gets the failures after the first one. */
  warnings: string[];
  /** Else a failure of all parts says it all, without a report. */
  somethingDone: boolean;
  hintWhenStopped: string;
  /** Where the failures are that find no place in the warnings. */
  details: string;
  /** The report. */
  attached: PapyraErrorOptions;
}

/** The failure of the first part that had one; undefined: none had. */
export function failureOf(
  parts: readonly Part[],
  { warnings, somethingDone, hintWhenStopped, details, attached }: Conclusion,
): PapyraError | undefined {
  const failed = parts.filter(({ failure }) => failure !== undefined);
  const [first] = failed;
  if (!first) return undefined;
  const { code, hint, message, signal } = first.failure!;
  if (code === 'interrupted') {
    return new PapyraError(code, message, { hint: hintWhenStopped, cause: first.failure, ...attached, ...(signal ? { signal } : {}) }); // prettier-ignore
  }
  if (failed.length === parts.length && !somethingDone) return first.failure;
  const others = failed.slice(1);
  for (const { key, failure } of others.slice(0, MOST_WARNINGS)) {
    warnings.push(`${key}: ${failure!.message}`);
  }
  const unsaid = others.length - MOST_WARNINGS;
  if (unsaid > 0) warnings.push(`${unsaid} more failed; ${details}`);
  const more = failed.length > 1 ? ` and ${failed.length - 1} more` : '';
  return new PapyraError(code, `not done: ${first.key}${more}; ${message}`, {
    hint: hint ?? 'what was done stays done; run again',
    cause: first.failure,
    ...attached,
  });
}

/** `failed: Redis … is still loading its data; run again when it is ready` */
export function whyFailed({ code, message, hint }: PapyraError): string {
  if (code === 'interrupted') return message;
  return `failed: ${[message, hint].filter(Boolean).join('; ')}`;
}
