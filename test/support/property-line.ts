import type { LineKind } from '../../src/retention/policy.js';

/** A line as the property tests draw it. `age`: seconds before NOW; `pad`: bytes to fill it with. */
export interface DrawnLine {
  kind: LineKind;
  age: number;
  pad: number;
}

/** Seconds since 1970: when the property tests decide. */
export const NOW = 1_000_000;

export function textOf({ kind, age, pad }: DrawnLine): string {
  const filling = 'x'.repeat(pad);
  switch (kind) {
    case 'record':
      return `{"pad": "${filling}", "timestamp": ${NOW - age}.0}\n`;
    case 'undated':
      return `{"pad": "${filling}"}\n`;
    case 'unreadable':
      return `{"pad": "${filling}\n`;
    case 'blank':
      return `${' '.repeat(pad)}\n`;
  }
}
