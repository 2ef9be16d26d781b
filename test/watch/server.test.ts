import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, type Socket } from 'node:net';
import type { Server } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import type { Health } from '../../src/watch/health.js';
import { serveHttp } from '../../src/watch/server.js';

const WELL: Health = { schema: 'papyra.health/v1', status: 'ok', reason: null, stores: 1, failing: [] }; // prettier-ignore
let server: Server | undefined;
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server?.closeAllConnections();
  server?.close();
});

async function serve(host = '127.0.0.1', health = WELL): Promise<number> {
  server = await serveHttp({ host, port: 0 }, { metrics: () => 'papyra_x 1\n# EOF\n', health: () => health }); // prettier-ignore
  return (server.address() as AddressInfo).port;
}

/** What comes back for these bytes until the server closes the connection. */
async function raw(port: number, bytes: string, host = '127.0.0.1'): Promise<string> {
  const socket = connect(port, host);
  sockets.push(socket);
  socket.on('error', () => {});
  let text = '';
  socket.on('data', (data) => (text += data.toString()));
  socket.write(bytes);
  await once(socket, 'close');
  return text;
}

const request = (line: string, ...headers: string[]) =>
  `${[line, 'Host: x', ...headers].join('\r\n')}\r\n\r\n`;

describe('the HTTP server', () => {
  test('gives the metrics in the type that was asked for', async () => {
    const port = await serve();
    const plain = await raw(port, request('GET /metrics HTTP/1.1'));
    expect(plain).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(plain).toContain('Content-Type: text/plain; version=0.0.4');
    expect(plain).toMatch(/\r\n\r\npapyra_x 1\n# EOF\n$/);
    const open = await raw(port, request('GET /metrics?x=1 HTTP/1.1', 'Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5')); // prettier-ignore
    expect(open).toContain('Content-Type: application/openmetrics-text; version=1.0.0');
  });

  test('says whether all is well, also without a body', async () => {
    const port = await serve();
    expect(await raw(port, request('GET /healthz HTTP/1.1'))).toMatch(/^HTTP\/1\.1 200 .*\{.*"ok".*\}\n$/s); // prettier-ignore
    const head = await raw(port, request('HEAD /healthz HTTP/1.1'));
    expect(head).toMatch(/^HTTP\/1\.1 200 [^{]*\r\n\r\n$/s);
  });

  test('answers 503 with the reason when it is not', async () => {
    const port = await serve('127.0.0.1', { ...WELL, status: 'overdue', reason: 'stuck' });
    const answer = await raw(port, request('GET /healthz HTTP/1.1'));
    expect(answer).toMatch(/^HTTP\/1\.1 503 .*"reason":"stuck"/s);
  });

  test('says that it is alive, whatever its stores do, unless it is stuck', async () => {
    const port = await serve('127.0.0.1', { ...WELL, status: 'failing', reason: 'refused' });
    expect(await raw(port, request('GET /healthz HTTP/1.1'))).toContain('HTTP/1.1 503');
    expect(await raw(port, request('GET /livez HTTP/1.1'))).toMatch(/^HTTP\/1\.1 200 .*"failing"/s);
    server!.close();
    const other = await serve('127.0.0.1', { ...WELL, status: 'overdue', reason: 'stuck' });
    expect(await raw(other, request('GET /livez HTTP/1.1'))).toContain('HTTP/1.1 503');
  });

  test.each([
    ['another path', 'GET / HTTP/1.1', '404'],
    ['another path, written cleverly', 'GET /metrics/../etc HTTP/1.1', '404'],
    ['a proxy', 'GET http://example.org/metrics HTTP/1.1', '404'],
    ['another method', 'POST /metrics HTTP/1.1', '405'],
    ['another method', 'DELETE /healthz HTTP/1.1', '405'],
  ])('refuses %s', async (_what, line, code) => {
    const port = await serve();
    expect(await raw(port, request(line, 'Content-Length: 0'))).toContain(`HTTP/1.1 ${code}`);
  });

  test('reads no body, and does not ask for one', async () => {
    const port = await serve();
    const head = request('GET /metrics HTTP/1.1', 'Content-Length: 1000000000', 'Expect: 100-continue'); // prettier-ignore
    const answer = await raw(port, head);
    expect(answer).toContain('HTTP/1.1 200');
    expect(answer).not.toContain('100 Continue');
  });

  test.each([
    ['nonsense', '\x16\x03\x01\x02\x00\r\n\r\n'],
    ['a header of 10 kB', request('GET /metrics HTTP/1.1', `X: ${'x'.repeat(10_000)}`)],
  ])('closes the connection of one who sends %s', async (_what, bytes) => {
    expect(await raw(await serve(), bytes)).not.toContain('200 OK');
  });

  test('waits for a slow client, but not for long', async () => {
    expect(await raw(await serve(), 'GET /metrics HTTP/1.1\r\nHost:')).not.toContain('200 OK');
  });

  test('holds so many connections and no more', async () => {
    const port = await serve();
    const states = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const socket = connect(port, '127.0.0.1').on('error', () => {});
        sockets.push(socket);
        await once(socket, 'connect');
        return socket;
      }),
    );
    const open = () => new Promise<number>((done) => server!.getConnections((_e, count) => done(count))); // prettier-ignore
    await expect.poll(open).toBe(64);
    for (const socket of states) socket.destroy();
    await expect.poll(open).toBe(0);
    expect(await raw(port, request('GET /healthz HTTP/1.1'))).toContain('200 OK');
  });

  test('listens on IPv6', async () => {
    const port = await serve('::1');
    expect(await raw(port, request('GET /healthz HTTP/1.1'), '::1')).toContain('200 OK');
  });

  test('says what is wrong with an address', async () => {
    const port = await serve();
    const answers = { metrics: () => '', health: () => WELL };
    await expect(serveHttp({ host: '127.0.0.1', port }, answers)).rejects.toMatchObject({
      code: 'try_again',
      message: `cannot listen on 127.0.0.1:${port}: another program listens there`,
    });
    await expect(serveHttp({ host: '192.0.2.1', port: 0 }, answers)).rejects.toMatchObject({
      code: 'config_invalid',
    });
  });
});
