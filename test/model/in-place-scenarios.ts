import type { InPlaceSetup } from './in-place-world.js';
import { createWriter } from './writers.js';

export type InPlaceScenario = Omit<InPlaceSetup, 'without'>;

const start = { log: 'Ee|Ee|Ee|Ee|Aa|Bb|', expired: 'E', compactions: 1 } as const;

export const IN_PLACE_SCENARIOS = {
  kills: {
    ...start,
    writers: [createWriter('C', { cut: 1 }), createWriter('D')],
    faults: { kills: 2, tornWriters: 1 },
    compactions: 2,
  },
  power: {
    ...start,
    writers: [createWriter('C', { cut: 1 })],
    faults: { powerLosses: 1, tornWriters: 1 },
  },
  'power twice': { ...start, writers: [createWriter('CD')], faults: { powerLosses: 2 } },
  'power and kill': {
    ...start,
    writers: [createWriter('CD')],
    faults: { kills: 1, powerLosses: 1 },
    compactions: 2,
  },
  unended: {
    ...start,
    writers: [createWriter('C', { cut: 2 }), createWriter('D')],
    faults: { powerLosses: 1, tornWriters: 1 },
  },
  'filler before': {
    ...start,
    log: '[9_|Ee|Ee|Ee|Ee|Aa|Bb|',
    writers: [createWriter('C')],
    faults: { kills: 1, powerLosses: 1 },
  },
  'long tail': {
    ...start,
    log: 'Ee|Ee|Ee|Ee|Aa|Bb|Cc|Dd|',
    writers: [createWriter('F', { cut: 1 })],
    faults: { kills: 1, powerLosses: 2 },
  },
  'torn before': {
    ...start,
    log: 'Ee|Ee|Ee|Ee|Aa|Bb|T',
    writers: [createWriter('TC')],
    faults: { kills: 1, powerLosses: 1 },
  },
  replaced: { ...start, writers: [createWriter('C')], faults: { kills: 2, replacements: 1 } },
} satisfies Record<string, InPlaceScenario>;

export type InPlaceScenarioName = keyof typeof IN_PLACE_SCENARIOS;

/** More writers and more faults, for the long run. */
export const LONG_IN_PLACE_SCENARIOS: readonly InPlaceScenario[] = [
  {
    ...start,
    writers: [createWriter('C', { cut: 1 }), createWriter('D', { cut: 2 })],
    faults: { kills: 3, tornWriters: 2 },
    compactions: 3,
  },
  {
    ...start,
    writers: [createWriter('C', { cut: 1 }), createWriter('D')],
    faults: { kills: 1, powerLosses: 2, tornWriters: 1 },
    compactions: 2,
  },
  {
    ...start,
    log: 'Ee|Ee|Ee|Ee|Ee|Ee|Aa|Bb|Cc|Dd|',
    writers: [createWriter('FG')],
    faults: { kills: 2, powerLosses: 2 },
    compactions: 2,
  },
];
