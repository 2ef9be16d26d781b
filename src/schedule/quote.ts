// Quotes words for shells, systemd, HCL and Kubernetes.
const PLAIN = /^[\w@%+=:,./-]+$/;

/** A word of a shell command line. */
export function shellWord(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** A word for systemd, which expands `%`. */
export function systemdWord(text: string): string {
  const escaped = text.replaceAll(/[\\"]/g, String.raw`\$&`).replaceAll('%', '%%');
  return PLAIN.test(escaped) ? escaped : `"${escaped}"`;
}

/** An argument of a command of systemd, which there also expands `$`. */
export function systemdArgument(text: string): string {
  return systemdWord(text.replaceAll('$', '$$$$'));
}

/** A string of HCL, which expands `${` and `%{`. */
export function hclText(text: string): string {
  return `"${text.replaceAll(/[\\"]/g, String.raw`\$&`).replaceAll(/[$%](?=\{)/g, '$&$&')}"`;
}

/** An argument of a container, in which Kubernetes expands `$(NAME)`. */
export function containerArgument(text: string): string {
  return text.replaceAll('$', '$$$$');
}
