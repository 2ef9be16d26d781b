// Loads the hooks of a configuration; their code is loaded only where there are any.
import type { EffectiveConfig } from '../config/types.js';
import type { Hooks } from '../hooks/hooks.js';

export async function hooksOf({
  hooks: config,
  label,
}: EffectiveConfig): Promise<Hooks | undefined> {
  if (!config) return undefined;
  const { Hooks } = await import('../hooks/hooks.js');
  const { assertTrusted } = await import('../config/trust.js');
  const { explicit } = config;
  const trust = (file: string) => assertTrusted({ file, what: 'hook', code: true, explicit });
  return new Hooks({ config, assertTrusted: trust, store: label });
}
