import { disk } from '../support/mounts.js';
import { row } from './row.js';

row(
  'ext4 with clusters of 64 KB',
  () => disk('ext4', ['-b', '4096', '-O', 'bigalloc', '-C', '65536']),
  { inPlace: 65536 },
);
