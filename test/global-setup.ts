import { execaSync } from 'execa';
import { ROOT } from './support/papyra.js';

/** Tests run the built tool: it is built from what is here now. */
export default function setup(): void {
  execaSync('npm', ['run', '--silent', 'build'], { cwd: ROOT });
}
