import { disk } from '../support/mounts.js';
import { NOT_IN_PLACE, row } from './row.js';

row('ext3', () => disk('ext3', ['-b', '4096']), { inPlace: NOT_IN_PLACE });
