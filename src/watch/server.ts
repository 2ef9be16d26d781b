// Serves /metrics, /healthz and /livez over HTTP, for programs that watch the service.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { PapyraError } from '../errors/errors.js';
import { addressText, type ListenAddress } from './address.js';
import type { Health } from './health.js';

export interface Answers {
  /** Text of the metrics. */
  metrics: () => string;
  health: () => Health;
}

/** Bounds of what a stranger can make the service hold. */
const MAX_CONNECTIONS = 64;
const MAX_HEADER_BYTES = 8192;
const REQUEST_MS = 5000;

/**
 * Returns when it listens.
 *
 * @throws {PapyraError} `try_again` when another program has the port; `permission_denied`, or `config_invalid` for an
 * address that this machine does not have.
 */
export async function serveHttp(address: ListenAddress, answers: Answers): Promise<Server> {
  const limits = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: REQUEST_MS,
    requestTimeout: REQUEST_MS,
    connectionsCheckingInterval: 1000,
  };
  const server = createServer(limits, (request, response) => answer(request, response, answers));
  server.maxConnections = MAX_CONNECTIONS;
  server.setTimeout(REQUEST_MS, (socket) => socket.destroy());
  // Answers without asking for the body that a client has announced.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => answer(request, response, answers)); // prettier-ignore
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(refusal(address, error)));
    server.listen({ ...address, exclusive: true }, resolve);
  });
  server.on('error', () => {});
  return server;
}

function answer(request: IncomingMessage, response: ServerResponse, answers: Answers): void {
  const { method = '', url = '', headers } = request;
  const [path] = url.split('?');
  if (path !== '/metrics' && path !== '/healthz' && path !== '/livez') {
    send(request, response, 404, TEXT, 'not found: there are /metrics, /healthz and /livez\n');
  } else if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    send(request, response, 405, TEXT, 'only GET and HEAD are allowed\n');
  } else if (path === '/metrics') {
    const open = (headers.accept ?? '').includes('application/openmetrics-text');
    send(request, response, 200, open ? OPENMETRICS : PROMETHEUS, answers.metrics());
  } else {
    const health = answers.health();
    // To start the service again cures no store, but a service that is stuck.
    const isWell = path === '/livez' ? health.status !== 'overdue' : health.status === 'ok';
    const code = isWell ? 200 : 503;
    send(request, response, code, 'application/json', `${JSON.stringify(health)}\n`);
  }
}

const TEXT = 'text/plain; charset=utf-8';
const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';

/** One answer for each connection, whatever else the client sends. */
function send(
  request: IncomingMessage,
  response: ServerResponse,
  code: number,
  type: string,
  body: string,
): void {
  const headers = {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    Connection: 'close',
  };
  response.writeHead(code, headers).end(request.method === 'HEAD' ? undefined : body);
}

function refusal(address: ListenAddress, error: NodeJS.ErrnoException): PapyraError {
  const { code = '', message } = error;
  const where = addressText(address);
  const refused = (kind: 'try_again' | 'permission_denied' | 'config_invalid', why: string, hint: string) => new PapyraError(kind, `cannot listen on ${where}: ${why}`, { hint: `${hint}; nothing was done`, cause: error }); // prettier-ignore
  switch (code) {
    case 'EADDRINUSE':
      return refused('try_again', 'another program listens there', 'stop it, or give another port to --listen'); // prettier-ignore
    case 'EACCES':
    case 'EPERM':
      return refused('permission_denied', 'permission denied', 'ports below 1024 need a privilege: give another one to --listen'); // prettier-ignore
    case 'EADDRNOTAVAIL':
      return refused('config_invalid', 'this machine does not have that address', 'see ip address'); // prettier-ignore
    default:
      return refused('config_invalid', code || message, 'give another address to --listen');
  }
}
