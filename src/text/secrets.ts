// Hides passwords and tokens in what is shown.
/** The user and password of a URL. Either may contain any character. */
const CREDENTIALS = /\/\/[^]*@/;
/** redis-py also takes them in the query. */
const IN_QUERY = /\?[^]*(?:username|password)[^]*$/i;

/** Keys whose value is a secret, not the name of a file that holds one. */
const SECRET_KEY = /(?:password|secret|token)$/;

export function withoutCredentials(text: string): string {
  return text.replace(CREDENTIALS, '//…@').replace(IN_QUERY, '?…');
}

/** Of a hook only the program is shown: a password, or a secret URL, among its arguments cannot be recognized. */
export function withoutSecrets(key: string, value: unknown): unknown {
  if (SECRET_KEY.test(key)) return '…';
  if (typeof value === 'string') return withoutCredentials(value);
  if (Array.isArray(value)) {
    const isHook = key.startsWith('hooks.');
    return value.map((item, at) => (isHook && at > 0 ? '…' : withoutSecrets(key, item)));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, withoutSecrets(`${key}.${name}`, part)]),
  );
}
