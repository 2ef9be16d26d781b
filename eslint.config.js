import js from '@eslint/js';
import tseslint from 'typescript-eslint';

// Who may know whom. Each folder lists what it may import beside itself; `errors`, `failure`, `report`,
// `pace`, `clock`, `printable` and `units` are words that all share. Data goes one way: config → store → plan → execute → report → view.
const MAY_KNOW = {
  'src/retention': [],
  'src/records': [],
  // System calls that Node has none for: files alone make them.
  'src/system': ['src/errors.ts'],
  'src/files': ['src/errors.ts', 'src/clock.ts', 'src/held-paths.ts', 'src/system'],
  'src/config': [
    'src/errors.ts',
    'src/units.ts',
    'src/printable.ts',
    'src/retention',
    'src/files/links.ts',
  ],
  'src/backends': [
    'src/errors.ts',
    'src/report.ts',
    'src/pace.ts',
    'src/clock.ts',
    'src/held-paths.ts',
    'src/units.ts',
    'src/retention',
    'src/records',
    'src/files',
  ],
  'src/hooks': ['src/errors.ts', 'src/failure.ts', 'src/report.ts'],
  'src/metrics': [
    'src/errors.ts',
    'src/held-paths.ts',
    'src/report.ts',
    'src/printable.ts',
    'src/files',
  ],
  // Views know the shapes that they show, not the code that makes them.
  'src/output': [
    'src/errors.ts',
    'src/failure.ts',
    'src/report.ts',
    'src/printable.ts',
    'src/clock.ts',
  ],
  // Which flag stands for which variable, and how a number is shown.
  'src/schedule': [
    'src/errors.ts',
    'src/units.ts',
    'src/config/as-flags.ts',
    'src/config/environment.ts',
    'src/output/text.ts',
    'src/retention/policy.ts',
  ],
  'src/doctor': [
    'src/errors.ts',
    'src/report.ts',
    'src/units.ts',
    'src/retention',
    'src/metrics',
    'src/files/place.ts',
    // What an operator types, and how numbers and limits are shown.
    'src/config/as-flags.ts',
    'src/schedule/quote.ts',
    'src/output/text.ts',
    'src/output/policy.ts',
  ],
  commands: [
    'src/output',
    'src/schedule',
    'src/index.ts',
    'src/errors.ts',
    'src/units.ts',
    'src/files/links.ts',
  ],
};

/** Files of other folders that hold shapes only: a view is made for the data it shows. */
const MAY_KNOW_TYPES = {
  'src/output': [
    'src/backends/backend.ts',
    'src/config/show.ts',
    'src/metrics/report.ts',
    'src/metrics/state.ts',
    'src/retention/policy.ts',
    'src/doctor/report.ts',
  ],
  'src/backends': ['src/config/types.ts'],
  'src/hooks': ['src/config/types.ts'],
  'src/metrics': ['src/backends/backend.ts', 'src/config/types.ts'],
  'src/doctor': [
    'src/backends/backend.ts',
    'src/backends/facts.ts',
    'src/config/types.ts',
    'src/files/followers.ts',
    'src/hooks/hooks.ts',
  ],
  'src/schedule': ['src/config/types.ts', 'src/metrics/report.ts'],
};

const HOUSE = [
  ...[
    'backends',
    'config',
    'doctor',
    'files',
    'held-paths',
    'hooks',
    'metrics',
    'output',
    'records',
    'retention',
    'system',
  ],
  ...[
    'schedule',
    'call',
    'call-options',
    'check',
    'clock',
    'commands',
    'compaction',
    'configuration',
    'errors',
    'failure',
    'hooks-of',
    'index',
  ],
  ...['main', 'pace', 'printable', 'report', 'units'],
];

/** One rule a folder: whatever leaves it must be on its list. */
const boundaries = Object.entries(MAY_KNOW).map(([folder, known]) => {
  const allowed = [...known, ...(MAY_KNOW_TYPES[folder] ?? [])];
  const inside = folder.replace(/^src\//, '');
  const names = [
    inside,
    ...allowed.map((path) => path.replace(/^src\//, '').replace(/\.ts$/, '.js')),
  ];
  const open = names.map((name) => (name.endsWith('.js') ? `${name}$` : `${name}/`)).join('|');
  return {
    files: [`${folder}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: `^(?:\\.\\./)+(?:src/)?(?!${open})(?:${HOUSE.join('|')})(?:/|\\.js$)`,
              message: `${folder} may import from: ${[folder, ...allowed].join(', ')}`,
            },
          ],
        },
      ],
    },
  };
});

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'node_modules/',
      'src/records/kernel/assembly/',
      'src/records/kernel/wasm.ts',
      // Its import is there only where somebody has installed the peer.
      'test/bench/duckdb.mjs',
      'src/backends/log/worker-code.ts',
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
