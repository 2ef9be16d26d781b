// Gathers what is to be said of several stores: the same of several of them once.

/** A sentence on a store. */
export interface Said {
  label: string;
  text: string;
}

/** `orders and 2 more: no limit is set` */
export function sayOnce(said: readonly Said[]): string[] {
  const labels = new Map<string, string[]>();
  for (const { label, text } of said) labels.set(text, [...(labels.get(text) ?? []), label]);
  return [...labels].map(([text, [first, ...others]]) => {
    return `${first!}${others.length > 0 ? ` and ${others.length} more` : ''}: ${text}`;
  });
}
