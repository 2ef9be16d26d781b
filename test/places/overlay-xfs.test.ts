import { disk, overlay } from '../support/mounts.js';
import { row } from './row.js';

row('an overlay whose upper directory is on XFS', () => overlay(disk('xfs')).point, {
  inPlace: 4096,
});
