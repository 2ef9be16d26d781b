// Decides whether a look at the form of a file is worth it, and takes it.
import type { OpenLog } from '../open.js';
import { fillersOf } from '../plan-head.js';
import type { LogScan } from '../scan.js';
import type { Foreign } from './form.js';

/** Whether what was scanned is no log. One without a fault is not looked at again. `readable`: its readable records. */
export async function foreignIn(
  log: OpenLog,
  { unreadable, undated, future, newest }: LogScan,
  readable: number,
): Promise<Foreign | undefined> {
  if (log.stat.size === 0) return undefined;
  if (unreadable === 0 && future === 0 && !Number.isNaN(newest)) return undefined;
  const { lookAtForm } = await import('./look.js');
  return lookAtForm(log, fillersOf(log), { readable, undated, unreadable, newest });
}
