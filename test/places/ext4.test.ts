import { disk } from '../support/mounts.js';
import { row } from './row.js';

row('ext4', () => disk('ext4', ['-b', '4096']), { inPlace: 4096 });
