import { disk } from '../support/mounts.js';
import { row } from './row.js';

row('ext4 with blocks of 1 KB', () => disk('ext4', ['-b', '1024']), { inPlace: 1024 });
