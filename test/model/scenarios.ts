import type { Setup } from './replace-world.js';
import { createWriter } from './writers.js';

/** In words what a case is, and in numbers what may happen in it. */
export type Scenario = Omit<Setup, 'without'> & { title: string };

const start = { log: 'Ee|Aa|', expired: 'E', sight: 'clear', compactions: 1 } as const;
const atomic = (records: string) => createWriter(records);
const cut = (records: string) => createWriter(records, { cut: 1 });
const cutLate = (records: string) => createWriter(records, { cut: 2 });
const hidden = (records: string, at = 1) => createWriter(records, { cut: at, hidden: true });

/** What a run leaves that was killed in the middle of B, to which C was glued then. */
const glued = { link: 'old.6.3', text: 'Ee|Aa|Bb|', owed: 'C' };

/** For every run of the tests. */
export const SCENARIOS = {
  crash: {
    ...start,
    title: 'two writers, two kills',
    writers: [cut('B'), atomic('C')],
    faults: { kills: 2 },
  },
  torn: {
    ...start,
    title: 'two writers, one killed in mid-write, and a kill',
    writers: [cut('B'), atomic('C')],
    faults: { kills: 1, tornWriters: 1 },
  },
  'torn before': {
    ...start,
    title: 'a log that ends torn, two kills',
    log: 'Ee|Aa|T',
    writers: [cut('B')],
    faults: { kills: 2 },
  },
  unended: {
    ...start,
    title: 'a record cut just before its newline, two kills cutting there, too',
    writers: [cutLate('B')],
    faults: { kills: 2, tornWriters: 1 },
    ownCuts: 'both',
  },
  power: {
    ...start,
    title: 'power loss',
    writers: [cut('B')],
    faults: { powerLosses: 1 },
  },
  'power and kill': {
    ...start,
    title: 'power loss and a kill in any order',
    writers: [atomic('BC')],
    faults: { kills: 1, powerLosses: 1 },
  },
  'power twice': {
    ...start,
    title: 'power loss twice',
    writers: [atomic('B')],
    faults: { powerLosses: 2 },
  },
  again: {
    ...start,
    title: 'two compactions, a kill and a power loss',
    writers: [atomic('B')],
    faults: { kills: 1, powerLosses: 1 },
    compactions: 2,
  },
  'equal before': {
    ...start,
    title: 'records equal to an earlier one',
    writers: [atomic('AA')],
    faults: { kills: 1 },
  },
  'equal late': {
    ...start,
    title: 'equal records of two writers',
    writers: [atomic('B'), atomic('B')],
    faults: { kills: 1 },
  },
  unknown: {
    ...start,
    title: 'a writer that cannot be seen, a torn one, a kill',
    sight: 'unknown',
    writers: [hidden('B'), atomic('C')],
    faults: { kills: 1, tornWriters: 1 },
  },
  'unknown and power': {
    ...start,
    title: 'a writer that cannot be seen, torn, a kill and a power loss',
    sight: 'unknown',
    writers: [hidden('B')],
    faults: { kills: 1, powerLosses: 1, tornWriters: 1 },
  },
  'unknown again': {
    ...start,
    title: 'a writer that cannot be seen, two compactions',
    sight: 'unknown',
    writers: [hidden('B')],
    faults: { kills: 1 },
    compactions: 2,
  },
  glued: {
    ...start,
    title: 'a record glued to a torn line of ours, and another kill',
    log: 'Aa|BCc|',
    left: glued,
    writers: [atomic('D')],
    faults: { kills: 1 },
  },
  'short write': {
    ...start,
    title: 'a short write of ours',
    writers: [atomic('B'), atomic('C')],
    faults: { shortWrites: 1 },
  },
  replaced: {
    ...start,
    title: 'somebody else replaces the log, a kill',
    writers: [atomic('B')],
    faults: { kills: 1, replacements: 1 },
  },
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;

/** More writers and more faults, for the long run. */
export const LONG_SCENARIOS: readonly Scenario[] = [
  {
    ...start,
    title: 'two torn writers, three kills',
    writers: [cut('B'), cut('C')],
    faults: { kills: 3 },
  },
  {
    ...start,
    title: 'three writers, a kill',
    writers: [cut('B'), atomic('C'), atomic('D')],
    faults: { kills: 1 },
  },
  {
    ...start,
    title: 'three writers, two kills',
    writers: [atomic('B'), atomic('C'), atomic('D')],
    faults: { kills: 2 },
  },
  {
    ...start,
    title: 'three writers, one torn, a short write',
    writers: [cut('B'), atomic('C'), atomic('D')],
    faults: { shortWrites: 1, tornWriters: 1 },
  },
  {
    ...start,
    title: 'two writers, one torn, a kill and a power loss',
    writers: [cut('B'), atomic('C')],
    faults: { kills: 1, powerLosses: 1, tornWriters: 1 },
  },
  {
    ...start,
    title: 'two writers, power loss twice',
    writers: [atomic('B'), atomic('C')],
    faults: { powerLosses: 2 },
  },
  {
    ...start,
    title: 'a record cut before its newline, two kills and a power loss',
    writers: [cutLate('B')],
    faults: { kills: 2, powerLosses: 1, tornWriters: 1 },
    ownCuts: 'both',
  },
  {
    ...start,
    title: 'a log that ends torn, two writers, one torn, two kills',
    log: 'Ee|Aa|T',
    writers: [cut('B'), atomic('C')],
    faults: { kills: 2, tornWriters: 1 },
  },
  {
    ...start,
    title: 'a short write, a kill, a torn writer',
    writers: [cut('B'), atomic('C')],
    faults: { kills: 1, shortWrites: 1, tornWriters: 1 },
    ownCuts: 'both',
  },
  {
    ...start,
    title: 'two compactions, two writers, two kills',
    writers: [cut('B'), atomic('C')],
    faults: { kills: 2 },
    compactions: 2,
  },
  {
    ...start,
    title: 'writers that cannot be seen, one torn, two kills',
    sight: 'unknown',
    writers: [hidden('B', 2), hidden('C', 0)],
    faults: { kills: 2, tornWriters: 1 },
    ownCuts: 'both',
  },
  {
    ...start,
    title: 'writers that cannot be seen, one torn, a kill and a power loss',
    sight: 'unknown',
    writers: [hidden('B'), hidden('C', 0)],
    faults: { kills: 1, powerLosses: 1, tornWriters: 1 },
  },
  {
    ...start,
    title: 'writers that cannot be seen, one torn, two compactions, a kill',
    sight: 'unknown',
    writers: [hidden('B'), hidden('C', 0)],
    faults: { kills: 1, tornWriters: 1 },
    compactions: 2,
  },
  {
    ...start,
    title: 'a glued record, two writers, two kills',
    log: 'Aa|BCc|',
    left: glued,
    writers: [atomic('D'), atomic('F')],
    faults: { kills: 2 },
  },
  {
    ...start,
    title: 'a glued record, two kills and a power loss',
    log: 'Aa|BCc|',
    left: glued,
    writers: [atomic('D')],
    faults: { kills: 2, powerLosses: 1 },
  },
  {
    ...start,
    title: 'somebody else replaces the log, two writers, two kills',
    writers: [atomic('B'), atomic('C')],
    faults: { kills: 2, replacements: 1 },
  },
];
