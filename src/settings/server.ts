// Names a Redis server in one form, without user and password, so that two can be compared.
import type { Address, RedisServer } from '../config/types.js';

export function serverText(server: RedisServer, db: number, tls: boolean): string {
  switch (server.kind) {
    case 'single':
      return 'path' in server.at
        ? `unix://${server.at.path}?db=${db}`
        : `${tls ? 'rediss' : 'redis'}://${addressText(server.at)}/${db}`;
    case 'cluster':
      return `cluster ${server.nodes.map(addressText).join(' ')}`;
    case 'sentinel':
      return `sentinel ${server.name} ${server.nodes.map(addressText).join(' ')}, database ${db}`;
  }
}

function addressText({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port ?? 6379}`;
}
