// Says in the words of an operator what errors of sentinels mean.
import { PapyraError, type ErrorCode } from '../../errors/errors.js';

const LOGIN =
  'set persistence.sentinel.username and password_file, or PAPYRA_SENTINEL_PASSWORD: the sentinels have a login of their own, apart from that of the master';

/** The first that fits counts. */
const MEANINGS: { when: RegExp; code: ErrorCode; says: string; hint: string }[] = [
  { when: /^NOAUTH|DENIED/, code: 'unreachable', says: 'want a password', hint: LOGIN },
  { when: /^WRONGPASS|invalid password/, code: 'unreachable', says: 'refuse the user name or the password', hint: LOGIN },
  { when: /without any password configured|no password is set/, code: 'unreachable', says: 'have no password for their default user, and one was given', hint: 'leave persistence.sentinel.password_file and PAPYRA_SENTINEL_PASSWORD out' },
  { when: /^NOPERM/, code: 'permission_denied', says: 'do not let this user ask for the master', hint: 'grant it on each of them: ACL SETUSER <name> +sentinel|get-master-addr-by-name' },
  { when: /unknown (?:command|subcommand)/i, code: 'config_invalid', says: 'are no sentinels', hint: 'check persistence.sentinel.nodes: their port is 26379 by default' },
  { when: /certificate|CERT_|SELF_SIGNED|UNABLE_TO|ALTNAME/i, code: 'unreachable', says: 'have a certificate that is not to be trusted', hint: 'set persistence.tls.ca to the certificate of the authority that signed it, and server_name to its name' },
  { when: /(?:)/, code: 'unreachable', says: 'do not answer', hint: 'check persistence.sentinel.nodes, and that they run' },
]; // prettier-ignore

export function isOfSentinels(error: unknown): error is Error {
  return (
    error instanceof Error && /connect to sentinel|sentinels are unreachable/.test(error.message)
  );
}

export function sentinelError(error: Error, text: string, server: string): PapyraError {
  const { code, says, hint } = MEANINGS.find(({ when }) => when.test(text))!;
  return new PapyraError(code, `the sentinels of Redis ${server} ${says}`, { hint, cause: error });
}
