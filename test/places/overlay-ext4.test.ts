import { disk, overlay } from '../support/mounts.js';
import { row } from './row.js';

row(
  'an overlay whose upper directory is on ext4',
  () => overlay(disk('ext4', ['-b', '4096'])).point,
  { inPlace: 4096 },
);
