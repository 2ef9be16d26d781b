const PLAIN = /^[\w@%+=:,./-]+$/;

/** One word of a shell's command line. */
export function shellWord(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** One word of a line of systemd, which would otherwise expand `%`. */
export function systemdWord(text: string): string {
  const escaped = text.replaceAll(/[\\"]/g, String.raw`\$&`).replaceAll('%', '%%');
  return PLAIN.test(escaped) ? escaped : `"${escaped}"`;
}

/** One argument of a command of systemd: a word in which it would expand `$` as well. */
export function systemdArgument(text: string): string {
  return systemdWord(text.replaceAll('$', '$$$$'));
}

/** A text of HCL, which would otherwise expand `${` and `%{`. */
export function hclText(text: string): string {
  return `"${text.replaceAll(/[\\"]/g, String.raw`\$&`).replaceAll(/[$%](?=\{)/g, '$&$&')}"`;
}

/** An argument of a container, in which Kubernetes would expand `$(NAME)`. */
export function containerArgument(text: string): string {
  return text.replaceAll('$', '$$$$');
}
