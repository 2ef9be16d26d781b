/** The user and password of a URL, which nothing repeats. Either may have any character in it. */
const CREDENTIALS = /\/\/[^]*@/;
/** redis-py takes them after the `?`, too. */
const IN_QUERY = /\?[^]*(?:username|password)[^]*$/i;

/** Keys that hold a secret itself, not the name of a file in which it is. */
const SECRET_KEY = /(?:password|secret|token)$/;

export function withoutCredentials(text: string): string {
  return text.replace(CREDENTIALS, '//…@').replace(IN_QUERY, '?…');
}

/**
 * The value of a key as it may be shown. Of a hook only the program is: in its arguments a password, or a
 * URL that works like one, looks like anything else.
 */
export function withoutSecrets(key: string, value: unknown): unknown {
  if (SECRET_KEY.test(key)) return '…';
  if (typeof value === 'string') return withoutCredentials(value);
  if (Array.isArray(value)) {
    const isHook = key.startsWith('hooks.');
    return value.map((item, at) => (isHook && at > 0 ? '…' : withoutSecrets(key, item)));
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, part]) => {
    return [name, withoutSecrets(`${key}.${name}`, part)];
  });
  return Object.fromEntries(entries);
}
