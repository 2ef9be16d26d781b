import { disk } from '../support/mounts.js';
import { row } from './row.js';

row('XFS with blocks of 64 KB', () => disk('xfs', ['-b', 'size=65536']), { inPlace: 65536 });
