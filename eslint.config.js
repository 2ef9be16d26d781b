import js from '@eslint/js';
import tseslint from 'typescript-eslint';

// Which room may import which. A room is a folder of src/, or commands/. Data goes one way:
// config → backends → plan → execute → report → output. CONTRIBUTING.md has the map.
const MAY_KNOW = {
  'src/errors': [],
  'src/units': ['src/errors'],
  'src/text': [],
  'src/retention': [],
  'src/records': [],
  'src/report': [],
  'src/forecast': ['src/report', 'src/retention', 'src/units'],
  // System calls that Node has none for: only files/ makes them.
  'src/system': ['src/errors'],
  'src/files': ['src/errors', 'src/units', 'src/system'],
  'src/config': [
    'src/errors',
    'src/units',
    'src/text',
    'src/retention',
    'src/files/links.ts',
    'src/files/file-names.ts',
  ],
  'src/log': [
    'src/errors',
    'src/units',
    'src/text',
    'src/report',
    'src/retention',
    'src/records',
    'src/files',
  ],
  'src/archive': ['src/errors', 'src/units', 'src/report', 'src/records', 'src/files', 'src/log'],
  'src/backends': [
    'src/errors',
    'src/units',
    'src/report',
    'src/retention',
    'src/records',
    'src/files',
    'src/log',
  ],
  'src/guards': ['src/errors', 'src/units', 'src/report', 'src/retention'],
  'src/hooks': ['src/errors', 'src/report', 'src/files/program.ts'],
  'src/metrics': ['src/errors', 'src/report', 'src/text', 'src/forecast', 'src/files'],
  'src/settings': ['src/errors', 'src/text', 'src/config', 'src/files/program.ts'],
  // Views know the shapes that they show, not the code that makes them.
  // A record is shown by the fields that are in it.
  'src/output': [
    'src/errors',
    'src/report',
    'src/text',
    'src/units',
    'src/records/members.ts',
    'src/records/json-value.ts',
    'src/records/record-filter.ts',
  ],
  // Which flag stands for which variable, and how a number is shown.
  'src/schedule': [
    'src/errors',
    'src/units',
    'src/config/as-flags.ts',
    'src/config/environment.ts',
    'src/output/text.ts',
    'src/retention/policy.ts',
  ],
  'src/doctor': [
    'src/errors',
    'src/files/program.ts',
    'src/report',
    'src/units',
    'src/retention',
    'src/metrics',
    'src/forecast',
    'src/files/path-state.ts',
    // What an operator types, and how numbers and limits are shown.
    'src/config/as-flags.ts',
    'src/schedule/quote.ts',
    'src/output/text.ts',
    'src/output/policy.ts',
    'src/output/forecast.ts',
  ],
  'src/api': [
    'src/errors',
    'src/units',
    'src/text',
    'src/report',
    'src/retention',
    'src/config',
    'src/files',
    'src/log',
    'src/metrics',
    'src/guards',
    'src/forecast',
    'src/hooks',
    'src/archive',
    'src/settings',
    'src/records/members.ts',
    'src/records/record-filter.ts',
  ],
  // The stores come to it opened, through the shapes of src/index.ts.
  'src/watch': ['src/errors', 'src/units', 'src/output/text.ts', 'src/system/datagram.ts'],
  commands: [
    'src/output',
    'src/schedule',
    'src/watch',
    'src/index.ts',
    'src/errors/errors.ts',
    // What a failure of many stores comes to.
    'src/errors/exit-codes.ts',
    'src/units',
    'src/files/links.ts',
  ],
};

/** Files of other rooms of which only the types may be imported: shapes, no code. */
const MAY_KNOW_TYPES = {
  'src/errors': ['src/report/recovery.ts', 'src/report/report.ts', 'src/report/scan.ts'],
  'src/report': ['src/retention/policy.ts'],
  'src/log': [
    'src/forecast/candidates.ts',
    'src/forecast/growth.ts',
    'src/backends/backend.ts',
    'src/backends/facts.ts',
    'src/backends/listing.ts',
    'src/backends/rotating/set.ts',
  ],
  'src/output': [
    'src/backends/backend.ts',
    'src/config/show.ts',
    'src/settings/drift.ts',
    'src/metrics/report.ts',
    'src/metrics/state.ts',
    'src/retention/policy.ts',
    'src/doctor/report.ts',
    'src/api/inspect.ts',
  ],
  'src/backends': [
    'src/config/types.ts',
    'src/forecast/candidates.ts',
    'src/forecast/forecast.ts',
    'src/forecast/growth.ts',
  ],
  'src/guards': ['src/backends/backend.ts'],
  'src/hooks': ['src/config/types.ts'],
  'src/metrics': ['src/backends/backend.ts', 'src/config/types.ts', 'src/retention/policy.ts'],
  'src/doctor': [
    'src/backends/backend.ts',
    'src/backends/facts.ts',
    'src/config/types.ts',
    'src/files/followers.ts',
    'src/hooks/hooks.ts',
    'src/settings/drift.ts',
  ],
  'src/schedule': ['src/config/types.ts', 'src/metrics/report.ts', 'src/report/forecast.ts'],
  'src/watch': ['src/index.ts'],
  'src/api': ['src/backends/backend.ts', 'src/backends/listing.ts', 'src/doctor/command-line.ts'],
};

/** All rooms, and the two entry files. */
const HOUSE = [...Object.keys(MAY_KNOW).map((room) => room.replace(/^src\//, '')), 'index', 'main'];

const patternOf = (paths) =>
  paths
    .map((path) => path.replace(/^src\//, '').replace(/\.ts$/, '.js'))
    .map((name) => (name.endsWith('.js') ? `${name.replace('.', '\\.')}$` : `${name}/`))
    .join('|');

/** One rule a room: whatever leaves it must be on its list. */
const boundaries = Object.entries(MAY_KNOW).map(([room, known]) => {
  const types = MAY_KNOW_TYPES[room] ?? [];
  const start = '^(?:\\.\\./)+(?:src/)?';
  const all = `(?:${HOUSE.join('|')})(?:/|\\.js$)`;
  const forbidden = {
    regex: `${start}(?!${patternOf([room, ...known, ...types])})${all}`,
    message: `${room} may import from: ${[room, ...known].join(', ')}`,
  };
  const shapes = {
    regex: `${start}(?:${patternOf(types)})`,
    allowTypeImports: true,
    message: `${room} may import types alone from: ${types.join(', ')}`,
  };
  return {
    files: [`${room}/**/*.ts`],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: types.length > 0 ? [forbidden, shapes] : [forbidden] },
      ],
    },
  };
});

export default tseslint.config(
  {
    ignores: [
      'coverage/',
      'dist/',
      'dist-packages/',
      'node_modules/',
      'src/records/kernel/assembly/',
      'src/records/kernel/wasm.ts',
      // Its import is there only where somebody has installed the peer.
      'test/bench/duckdb.mjs',
      'src/log/worker-code.ts',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: ['*.js', 'bin/*.js'] } },
      globals: { process: 'readonly' },
    },
  },
  {
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/prefer-nullish-coalescing': 'off',
      '@typescript-eslint/dot-notation': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/output/**', 'src/main.ts'],
    rules: { 'no-console': 'error', 'no-restricted-globals': ['error', 'console'] },
  },
  ...boundaries,
  {
    // The model's files are short ASCII texts, a letter a record.
    files: ['test/model/**/*.ts'],
    rules: { '@typescript-eslint/no-misused-spread': 'off' },
  },
  { files: ['**/*.js'], ...tseslint.configs.disableTypeChecked },
  {
    // CommonJS, like the bundle that it starts.
    files: ['bin/*.js'],
    languageOptions: { sourceType: 'commonjs', globals: { require: 'readonly' } },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
);
