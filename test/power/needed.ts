// What protocols need for a power loss: left-out.test.ts leaves each out, and finds a loss. Of what is not here, it finds none.
//
// `without any sync of`: two syncs that follow each other, or a later one, stand in for one that is left out alone.
const METRICS = [
  'without fsync data/.papyra/events.ndjson.metrics.json.tmp',
  'earlier rename data/.papyra/events.ndjson.metrics.json.tmp data/.papyra/events.ndjson.metrics.json',
  'without any sync of data/.papyra/events.ndjson.metrics.json.tmp',
];

/** Without the first the new file may have the mode of a temporary one; without both it may be empty. */
const NEW_LOG = [
  'without fsync data/.events.ndjson.papyra.tmp',
  'without any sync of data/.events.ndjson.papyra.tmp',
];

const ARCHIVE = 'archive/.papyra-archive_events.ndjson_*';
const DIRECTORY_ID = `${ARCHIVE}.directory.tmp`;
const MANIFEST = `${ARCHIVE}.manifest.tmp`;
/** Where the next run looks for what this one leaves. */
const MEMORY = [
  'without fsync data/.papyra/events.ndjson.archive.json.tmp',
  'without any sync of data/.papyra/events.ndjson.archive.json.tmp',
  'without fsync data/.papyra',
  'without any sync of data/.papyra',
];
const QUARANTINE = [
  'without fsync quarantine/.events.ndjson.quarantine_*.tmp',
  'without any sync of quarantine/.events.ndjson.quarantine_*.tmp',
  'without fsync quarantine',
  'without any sync of quarantine',
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
  'rewrite with archive': [
    ...MEMORY,
    'without fsync data/.papyra (2)',
    `without fsync ${DIRECTORY_ID}`,
    `without any sync of ${DIRECTORY_ID}`,
    `without link ${DIRECTORY_ID} archive/.papyra-archive.json`,
    `earlier link ${DIRECTORY_ID} archive/.papyra-archive.json`,
    `without fsync ${ARCHIVE}.tmp`,
    `without any sync of ${ARCHIVE}.tmp`,
    `earlier rename ${ARCHIVE}.tmp archive/papyra-archive_events.ndjson_*.ndjson.gz`,
    'without fsync archive (2)',
    `without fsync ${MANIFEST}`,
    `without any sync of ${MANIFEST}`,
    `earlier rename ${MANIFEST} archive/.events.ndjson_*.papyra-archive.json`,
    'without fsync archive (3)',
    'without any sync of archive',
    ...NEW_LOG,
    ...METRICS,
  ],
  'two runs, the first killed': [
    'without link data/events.ndjson data/.events.ndjson.papyra.old.*',
    'without fsync data (2)',
    'without fsync data/events.ndjson',
    'without any sync of data',
    ...NEW_LOG,
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
  'rotating set, a record comes late': [
    'without link data/events.ndjson data/.events.ndjson.papyra.old.*',
    'earlier rename data/.events.ndjson.papyra.tmp data/events.ndjson.2',
    'without fsync data/events.ndjson',
    'without any sync of data',
    ...NEW_LOG,
    'without fsync data/.events.ndjson.papyra.tmp (2)',
    'without any sync of data/.events.ndjson.papyra.tmp (2)',
    ...METRICS,
  ],
  'rotating set in place': [
    'without symlink data/.events.ndjson.papyra.intent',
    'without symlink data/.events.ndjson.papyra.intent (2)',
    'without fsync data',
    'without fsync data (3)',
    'without any sync of data',
    'without fdatasync data/events.ndjson.2',
    'without fdatasync data/events.ndjson.2 (2)',
    'earlier collapse data/events.ndjson.2',
    'without any sync of data/events.ndjson.2',
    'without fdatasync data/events.ndjson',
    'without fdatasync data/events.ndjson (2)',
    'earlier collapse data/events.ndjson',
    'without any sync of data/events.ndjson',
    'earlier unlink data/.events.ndjson.papyra.intent',
    'earlier unlink data/.events.ndjson.papyra.intent (2)',
    ...METRICS,
  ],
  'recovery, rewritten': NEW_LOG,
  'recovery, cut off in place': [],
  'recovery, newline': [],
  'recovery, to quarantine': [...MEMORY, ...QUARANTINE, ...NEW_LOG],
  'recovery of a set, to quarantine': [
    ...MEMORY,
    ...QUARANTINE,
    ...NEW_LOG,
    'earlier rename data/.events.ndjson.papyra.tmp data/events.ndjson.1',
    'without fsync data/.events.ndjson.papyra.tmp (2)',
    'without any sync of data/.events.ndjson.papyra.tmp (2)',
  ],
  'metrics and textfile': [
    ...METRICS,
    'without fsync .papyra.prom.papyra.*',
    'earlier rename .papyra.prom.papyra.* papyra.prom',
    'without any sync of .papyra.prom.papyra.*',
    ...NEW_LOG,
  ],
  'index of what nobody has synced': [
    'without fdatasync data/events.ndjson',
    'without any sync of data/events.ndjson',
  ],
};

/** Of a scene with large files these alone are left out: the others are those of every run. */
export const TRIED: Readonly<Record<string, RegExp>> = {
  'index of what nobody has synced': /index|data\/events\.ndjson/,
};

/** Why a step is not in the list of a scene, by its label; the first that fits. */
export const SPARE: readonly (readonly [RegExp, string])[] = [
  [/ link data\/events\.ndjson /, 'the second name leads to records that come late: none does here; and it may come earlier'], // prettier-ignore
  [/\.papyra\.new/, 'the second name of the new file is for a rotation meanwhile, and for kills; the first leads to it, too'], // prettier-ignore
  [/ fdatasync data\/\.events\.ndjson\.papyra\.tmp/, 'the sync before it: nothing was written in between'], // prettier-ignore
  [/sync (of )?data\/\.events\.ndjson\.papyra\.old/, 'the writer of these recordings has synced by itself'], // prettier-ignore
  [/^earlier rename .* data\/events\.ndjson$/, 'what stands before it is for the second name, which a later sync brings, or nothing needs'], // prettier-ignore
  [/^earlier unlink /, 'until the names before it are on the disk, the old ones lead to all that stays'], // prettier-ignore
  [/sync (of )?data$|sync data \(\d+\)$/, 'names in each order lead to all that stays; what is left over the next run removes'], // prettier-ignore
  [/(truncate|sync|sync of) data\/events\.ndjson\.\d/, 'what was taken from a rotated file had expired or was damaged: the next run takes it again'], // prettier-ignore
  [/ data\/events\.ndjson( \(\d+\))?$/, 'no record was brought over; what was done in the file itself the next run does again'], // prettier-ignore
  [/^earlier symlink /, 'the sync before it is for another step'],
  [/papyra\.intent/, 'an intent is there already: the next run repairs as this one did'],
  [/archive\.json/, 'no temporary file has a name yet, or none any more, that only this memory leads to'], // prettier-ignore
  [/sync archive$/, 'a later sync of the directory comes before anything counts on it'],
  [/ quarantine/, 'the damage stays in the store until its copy is synced: the next recovery copies it again'], // prettier-ignore
  [/ data\/\.papyra( \(\d+\))?$/, 'the old counters, or the old index, are whole'],
  [/\.index/, 'its checksums tell a torn index, which counts for nothing'],
];
