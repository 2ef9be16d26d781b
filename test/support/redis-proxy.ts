import { connect, createServer, type AddressInfo, type Server as Listener } from 'node:net';
import type { Server } from './redis.js';

export interface Proxy {
  port: number;
  url: string;
  close(): void;
}

export interface ProxyOptions {
  /** What is sent to the server in place of a command, of as many answers. */
  command?: (words: string[]) => string[];
  /** What the client gets in place of an answer, or part of one. */
  answer?: (text: string) => string;
}

/** The very server, but for what a function changes on the way: others are not to be had everywhere. */
export async function proxyTo(server: Server, { command, answer }: ProxyOptions): Promise<Proxy> {
  const listener: Listener = createServer((socket) => {
    const upstream = connect(server.port, '127.0.0.1');
    let rest = '';
    socket.on('data', (bytes) => {
      if (!command) return void upstream.write(bytes);
      rest += bytes.toString('latin1');
      for (let words = firstOf(rest); words; words = firstOf(rest)) {
        rest = rest.slice(words.end);
        upstream.write(encoded(command(words.words)), 'latin1');
      }
    });
    upstream.on('data', (bytes) => {
      const text = bytes.toString('latin1');
      socket.write(answer ? answer(text) : text, 'latin1');
    });
    const end = (): void => {
      upstream.destroy();
      socket.destroy();
    };
    for (const one of [socket, upstream]) one.on('error', end).on('close', end);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  return { port, url: `redis://127.0.0.1:${port}`, close: () => listener.close() };
}

/** The first whole command in what has come: `*N`, then `$length` and a word, N times. */
function firstOf(text: string): { words: string[]; end: number } | undefined {
  const line = (at: number): [string, number] | undefined => {
    const end = text.indexOf('\r\n', at);
    return end === -1 ? undefined : [text.slice(at + 1, end), end + 2];
  };
  const head = line(0);
  if (!head) return undefined;
  const words: string[] = [];
  let [, at] = head;
  while (words.length < Number(head[0])) {
    const size = line(at);
    if (!size || text.length < size[1] + Number(size[0]) + 2) return undefined;
    words.push(text.slice(size[1], size[1] + Number(size[0])));
    at = size[1] + Number(size[0]) + 2;
  }
  return { words, end: at };
}

function encoded(words: string[]): string {
  return [`*${words.length}`, ...words.flatMap((word) => [`$${word.length}`, word]), ''].join('\r\n'); // prettier-ignore
}

/** An answer to INFO whose lines are changed, and whose length is as before: blanks fill it up. */
export function withInfo(text: string, change: Record<string, string>): string {
  return text.replace(/# Server\r\n(?:[^#\r][^\r]*\r\n)+/, (section) => {
    const lines = section.split('\r\n').filter((line) => !/^(?:redis_git|gcc_version|process_id|run_id|executable|config_file|monotonic|atomicvar)/.test(line)); // prettier-ignore
    const changed = lines.map((line) => line.replace(/^(\w+):.*$/, (all, name: string) => (name in change ? `${name}:${change[name]}` : all))); // prettier-ignore
    const added = Object.entries(change).filter(([name]) => !lines.some((line) => line.startsWith(`${name}:`))); // prettier-ignore
    changed.splice(1, 0, ...added.map(([name, value]) => `${name}:${value}`));
    const body = changed.join('\r\n');
    return `${body.slice(0, -2)}${' '.repeat(section.length - body.length)}\r\n`;
  });
}
