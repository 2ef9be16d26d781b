// Finds the stores of a configuration that lead to the same log, or to the same streams.
import { placesOf } from './same-file.js';
import type { EffectiveConfig, RedisStore, StoreConfig } from './types.js';

/** The groups of stores that share a place, each with at least two. */
export function sharedPlaces<T extends { config: EffectiveConfig }>(stores: readonly T[]): T[][] {
  const everySystem = new Set(
    stores.flatMap(({ config: { store } }) =>
      store.backend === 'redis' && store.systems.includes('*') ? [databaseOf(store)] : [],
    ),
  );
  const groupOf = new Map<string, T[]>();
  for (const store of stores) {
    const keys = keysOf(store.config.store, everySystem);
    const met = keys.map((key) => groupOf.get(key)).filter((group) => group !== undefined);
    const group = [...new Set(met)].flat();
    group.push(store);
    if (met.length > 0) {
      for (const [key, known] of groupOf) if (met.includes(known)) groupOf.set(key, group);
    }
    for (const key of keys) groupOf.set(key, group);
  }
  return [...new Set(groupOf.values())].filter((group) => group.length > 1);
}

/** Two stores with a key in common lead to the same place. */
function keysOf(store: StoreConfig, everySystem: Set<string>): string[] {
  switch (store.backend) {
    case 'json':
      return placesOf(store.path);
    case 'rotating': {
      const places = placesOf(store.path);
      const names = places.filter((place) => place.includes('/'));
      const rotated = Array.from({ length: Math.min(store.maxFiles, 100) - 1 }, (_, at) => at + 1);
      return [...places, ...names.flatMap((name) => rotated.map((index) => `${name}.${index}`))];
    }
    case 'redis': {
      const database = databaseOf(store);
      if (everySystem.has(database)) return [database];
      return store.systems.map((system) => `${database} ${system}`);
    }
    case 'memory':
    case 'module':
      return [];
  }
}

/** As it is written: two names of one server are not known to be one. */
function databaseOf({ server, db, prefix }: RedisStore): string {
  return JSON.stringify([server, db, prefix]);
}
