import { disk, fuse } from '../support/mounts.js';
import { NOT_IN_PLACE, UNSEEN, row } from './row.js';

row('FUSE: mergerfs on ext4', () => fuse('mergerfs', disk('ext4', ['-b', '4096'])), {
  rewrite: UNSEEN,
  inPlace: NOT_IN_PLACE,
});
