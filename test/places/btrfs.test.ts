import { disk } from '../support/mounts.js';
import { NOT_IN_PLACE, row } from './row.js';

row('btrfs', () => disk('btrfs'), { inPlace: NOT_IN_PLACE });
