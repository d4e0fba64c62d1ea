import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** The way to a server of this machine, on which something happens once, after so many bytes. */
export interface UnsteadyNetwork extends AsyncDisposable {
  readonly port: number;
  /** Once it has happened. */
  readonly happened: Promise<void>;
  /** Lets go what is held. */
  release(): void;
}

/** What happens: the connection is reset, or nothing goes through until it is released. Bytes of both directions count. */
export interface Happening {
  readonly after_bytes: number;
  readonly kind: 'cut' | 'hold';
}

/** Opens the way. Connections that come after what happens are left alone. */
export async function startUnsteadyNetwork(
  serverPort: number,
  { after_bytes, kind }: Happening,
): Promise<UnsteadyNetwork> {
  const { promise: happened, resolve } = Promise.withResolvers<void>();
  const sockets = new Set<Socket>();
  let passed = 0;
  let over = false;
  const happen = (pair: readonly Socket[]): void => {
    over = true;
    for (const socket of pair) {
      if (kind === 'cut') socket.resetAndDestroy();
      else socket.pause();
    }
    resolve();
  };
  const network = createServer((near) => {
    const far = connect(serverPort, '127.0.0.1');
    const pair = [near, far];
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.on('data', (bytes) => {
        to.write(bytes);
        passed += bytes.length;
        if (!over && passed >= after_bytes) happen(pair);
      });
    }
  });
  network.listen(0, '127.0.0.1');
  await once(network, 'listening');
  // Listening on TCP.
  const { port } = network.address() as AddressInfo;
  return {
    port,
    happened,
    release() {
      for (const socket of sockets) socket.resume();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      network.close();
      await once(network, 'close');
    },
  };
}
