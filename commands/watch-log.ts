// Says what happens in the service: what did something, and what failed, once for each change.
import { PapyraError } from '../src/errors/errors.js';
import type { Console } from '../src/output/console.js';
import { formatSeconds, printableJson } from '../src/output/text.js';
import { plural } from '../src/units/units.js';
import { didSomething, runLine } from '../src/output/watch.js';
import type { ServiceEvents } from '../src/watch/service.js';
import type { Failing } from '../src/watch/tended.js';

/** A failure that goes on unchanged is told again after so long. */
const AGAIN_MS = 3_600_000;

export function logTo(output: Console): ServiceEvents {
  const warned = new Map<string | null, Set<string>>();
  const failures = new Map<string | null, { what: string; at: number }>();
  return {
    ran: (label, report) => {
      if (output.options.json) output.verbatim(`${printableJson({ store: label, ...report })}\n`);
      const line = runLine(label, report);
      if (didSomething(report)) output.note(line);
      else output.detail(line);
      const before = warned.get(label);
      const now = new Set(report.warnings.map(withoutNumbers));
      output.warnings(
        report.warnings
          .filter((warning) => !before?.has(withoutNumbers(warning)))
          .map((warning) => named(label, warning)),
      );
      warned.set(label, now);
    },
    failed: (label, failing) => {
      const { error } = failing;
      const what = `${error.code} ${withoutNumbers(error.message)}`;
      const told = failures.get(label);
      if (told?.what === what && Date.now() - told.at < AGAIN_MS) return;
      failures.set(label, { what, at: Date.now() });
      output.failure(told?.what === what ? again(failing) : error, label ?? undefined);
    },
    recovered: (label, over) => {
      failures.delete(label);
      output.note(named(label, `works again, after ${timesOf(over)}`));
    },
    warn: (message) => output.warnings([message]),
    note: (message) => output.note(message),
  };
}

function named(label: string | null, text: string): string {
  return label === null ? text : `${label}: ${text}`;
}

/** Numbers of bytes and processes change each time. */
function withoutNumbers(text: string): string {
  return text.replaceAll(/\d[\d.,:]*/g, '#');
}

/** The same error, without its hint: that was told. */
function again(failing: Failing): PapyraError {
  const { code, message } = failing.error;
  return new PapyraError(code, `still fails, ${timesOf(failing)}: ${message}`);
}

function timesOf({ times, since }: Failing): string {
  return `${plural(times, 'failure')} in ${formatSeconds((Date.now() - since) / 1000)}`;
}
