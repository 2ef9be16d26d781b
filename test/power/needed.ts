// What protocols need for a power loss: left-out.test.ts leaves each out, and finds a loss. Of what is not here, it finds none.
//
// `without any sync of`: two syncs that follow each other, or a later one, stand in for one that is left out alone.
const METRICS = [
  'without fsync data/.papyra/events.ndjson.metrics.json.tmp',
  'earlier rename data/.papyra/events.ndjson.metrics.json.tmp data/.papyra/events.ndjson.metrics.json',
  'without any sync of data/.papyra/events.ndjson.metrics.json.tmp',
];

/** By scene; the first three of each are tried in the short form, too. */
export const NEEDED: Readonly<Record<string, readonly string[]>> = {
  'rewrite, a record comes late': [
    'without link data/events.ndjson data/.events.ndjson.papyra.old.*',
    'without any sync of data/.events.ndjson.papyra.tmp',
    'without fsync data/events.ndjson',
    'without fsync data (2)',
    'without any sync of data',
    'without fsync data/.events.ndjson.papyra.tmp',
    ...METRICS,
  ],
  'clean-up after a kill': [
    'without fsync data/events.ndjson',
    'without any sync of data/events.ndjson',
    ...METRICS,
  ],
  'in place': [
    'without symlink data/.events.ndjson.papyra.intent',
    'without fdatasync data/events.ndjson',
    'without fdatasync data/events.ndjson (2)',
    'earlier collapse data/events.ndjson',
    'earlier unlink data/.events.ndjson.papyra.intent',
    'without fsync data',
    'without any sync of data',
    'without any sync of data/events.ndjson',
    ...METRICS,
  ],
  'in place, repaired': ['without any sync of data/events.ndjson', ...METRICS],
};
