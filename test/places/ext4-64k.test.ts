import { disk } from '../support/mounts.js';
import { row } from './row.js';

row('ext4 with blocks of 64 KB', () => disk('ext4', ['-b', '65536']), { inPlace: 65536 });
