import { execaSync } from 'execa';
import { join } from 'node:path';

export interface Family {
  name: string;
  type: string;
  unit: string;
  help: string;
  samples: { name: string; labels: Record<string, string>; value: number }[];
}

/** What the two parsers of Prometheus' Python client make of texts. They throw on what is none. */
export function parsed(texts: string[]): { openmetrics: Family[]; classic: Family[] }[] {
  const script = join(import.meta.dirname, 'parse.py');
  const { stdout } = execaSync('/usr/bin/python3', [script], { input: JSON.stringify(texts) });
  return JSON.parse(stdout) as { openmetrics: Family[]; classic: Family[] }[];
}

/** Values by the name of the sample, of the one store that a text is about. */
export function valuesOf(families: Family[]): Record<string, number> {
  const samples = families.flatMap((family) => family.samples);
  return Object.fromEntries(
    samples.map(({ name, labels, value }) => {
      const { status } = labels;
      return [status === undefined ? name : `${name}:${status}`, value];
    }),
  );
}
