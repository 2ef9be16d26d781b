import { overlay, tmpfs } from '../support/mounts.js';
import { NOT_IN_PLACE, row } from './row.js';

row('an overlay whose upper directory is on tmpfs', () => overlay(tmpfs()).point, {
  inPlace: NOT_IN_PLACE,
});
