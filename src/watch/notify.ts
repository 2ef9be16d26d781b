// Tells systemd how the service is: the protocol of sd_notify(3).
import { sendDatagram } from '../system/datagram.js';

/** Does nothing where no service manager has asked for it. */
export interface Notifier {
  /** The service has begun, or goes on with the configuration that it has just read. */
  ready(): void;
  /** The configuration is being read anew. */
  reloading(): void;
  stopping(): void;
  /** What the service is doing, for `systemctl status`. */
  status(text: string): void;
  /** Ends the signs of life for the watchdog. */
  close(): void;
}

type Environment = Partial<Record<string, string>>;

/**
 * Takes the variables of the protocol out of `env`, so that hooks do not speak for the service.
 *
 * @param onProblem - Told once why nothing can be sent.
 */
export function notifierFor(
  env: Environment,
  onProblem: (reason: string) => void,
  send: (path: string, text: string) => void = sendDatagram,
): Notifier {
  const { NOTIFY_SOCKET: socket = '', WATCHDOG_USEC: usec, WATCHDOG_PID: pid } = env;
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) Reflect.deleteProperty(env, name); // prettier-ignore
  let told = false;
  let last = '';
  const tell = (...fields: string[]): void => {
    if (socket === '') return;
    try {
      send(socket, fields.join('\n'));
    } catch (error) {
      if (!told) onProblem(`cannot tell the service manager at ${socket}: ${(error as Error).message}`); // prettier-ignore
      told = true;
    }
  };
  const isForUs = pid === undefined || Number(pid) === process.pid;
  const halfMs = isForUs ? Math.floor(Number(usec ?? 0) / 2000) : 0;
  // A timer: it comes late only when the event loop does, and that is what the watchdog is to find out.
  const timer = socket !== '' && halfMs > 0 ? setInterval(() => tell('WATCHDOG=1'), halfMs) : undefined; // prettier-ignore
  return {
    ready: () => tell('READY=1', ...(last === '' ? [] : [last])),
    reloading: () => tell('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`),
    stopping: () => tell('STOPPING=1', 'STATUS=Stopping'),
    status: (text) => {
      const field = `STATUS=${text.replaceAll('\n', ' ')}`;
      if (field !== last) tell(field);
      last = field;
    },
    close: () => clearInterval(timer),
  };
}
