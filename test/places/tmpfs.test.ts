import { tmpfs } from '../support/mounts.js';
import { NOT_IN_PLACE, row } from './row.js';

row('tmpfs', () => tmpfs(), { inPlace: NOT_IN_PLACE });
