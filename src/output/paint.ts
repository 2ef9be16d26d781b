// Decides whether a stream gets colours.
import { Chalk } from 'chalk';

export type ColorMode = 'auto' | 'always' | 'never';

export type Paint = Pick<
  InstanceType<typeof Chalk>,
  'bold' | 'dim' | 'green' | 'cyan' | 'yellow' | 'red'
>;

/** `auto`: only a terminal gets colours, and only without NO_COLOR. */
export function paintFor(
  stream: { isTTY?: boolean },
  mode: ColorMode,
  env: NodeJS.ProcessEnv,
): Paint {
  const wanted = stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  return new Chalk({ level: mode === 'always' || (mode === 'auto' && wanted) ? 1 : 0 });
}
