// Checks that the runtime has written where papyra looks: nothing is stored under a misspelt name.
import { pass, warn, type Check } from './check.js';
import { typed } from './command-line.js';
import { logOf, streamsOf } from './facts.js';

export const store: Check = (facts) => {
  const log = logOf(facts);
  if (log?.files.length === 0) {
    const { path } = log.directory;
    return warn(`${log.path} is not there: the runtime has written nothing to it`, typed('ls', '-l', path)); // prettier-ignore
  }
  const streams = streamsOf(facts);
  if (streams && streams.absent.length > 0) {
    const { absent, prefix, servers } = streams;
    const names = absent.map((system) => `${prefix}:${system}`).join(', ');
    const next = typed('redis-cli', ...(servers[0]?.cli ?? []), '--scan', '--pattern', `${prefix}:*`); // prettier-ignore
    return warn(`no stream of ${names} is there: the runtime has written nothing to it`, next);
  }
  return log || streams ? pass('it is there') : null;
};
