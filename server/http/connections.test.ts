import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { shareConnections } from './connections.ts';

async function listening(proxies: readonly string[]) {
  const server = createServer();
  shareConnections(server, { most: 8, proxies });
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => {});
    if (!socket.destroyed) socket.write('in');
  });
  const open = new Set<Socket>();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // It listens on a port.
  const { port } = server.address() as AddressInfo;
  return {
    /** Whether a client of an address was let in; it stays until it is closed. */
    enter: async (localAddress: string): Promise<boolean> => {
      const socket = connect({ port, host: '127.0.0.1', localAddress });
      socket.on('error', () => {});
      open.add(socket);
      return Promise.race([once(socket, 'data').then(() => true), once(socket, 'close').then(() => false)]);
    },
    leave: (): void => {
      for (const socket of open) socket.destroy();
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

test('an address that opens all it can leaves some to others', async () => {
  await using server = await listening([]);
  const greedy: boolean[] = [];
  for (let count = 0; count < 8; count += 1) greedy.push(await server.enter('127.0.0.2'));
  expect(greedy.filter((isIn) => isIn)).toHaveLength(4);
  expect(await server.enter('127.0.0.3')).toBe(true);
  server.leave();
  await expect.poll(() => server.enter('127.0.0.2')).toBe(true);
});

test('a trusted proxy brings as many as it has clients', async () => {
  await using server = await listening(['127.0.0.2']);
  for (let count = 0; count < 10; count += 1) expect(await server.enter('127.0.0.2')).toBe(true);
});
