// Writes down which counters the functions that a test file called have reached.
import { afterAll } from 'vitest';
import { dump } from './dump.js';

afterAll(() => dump(process.env['PAPYRA_COVERAGE']!));
