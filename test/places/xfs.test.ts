import { disk } from '../support/mounts.js';
import { row } from './row.js';

row('XFS', () => disk('xfs'), { inPlace: 4096 });
