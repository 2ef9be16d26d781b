import { disk, fuse } from '../support/mounts.js';
import { NOT_IN_PLACE, UNSEEN, row } from './row.js';

row('FUSE: bindfs on ext4', () => fuse('bindfs', disk('ext4', ['-b', '4096'])), {
  rewrite: UNSEEN,
  inPlace: NOT_IN_PLACE,
});
