/** What stands between a client and its server: it stays where it is when the server is started anew, and cuts connections on request. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A proxy of TCP connections. */
export interface CuttingProxy extends AsyncDisposable {
  readonly url: string;
  /** Where the server is from now on. */
  readonly leadTo: (url: string) => void;
  /** The next request is taken, and its answer lost with the connection. */
  readonly loseNextAnswer: () => void;
  /** Every connection breaks off. */
  readonly cut: () => void;
}

/** Starts a proxy that leads nowhere yet. */
export async function startProxy(): Promise<CuttingProxy> {
  let port = 0;
  let toLose = 0;
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const server = connect({ port, host: '127.0.0.1' });
    let loses = false;
    client.on('data', (data) => {
      // A request begins: every one has a path of the API in its first line.
      if (toLose > 0 && /^[A-Z]+ \/\S* HTTP\/1\.1\r\n/u.test(data.toString('latin1'))) {
        toLose -= 1;
        loses = true;
      }
      server.write(data);
    });
    server.on('data', (data) => {
      if (!loses) client.write(data);
      else client.destroy();
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(one);
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.on('error', () => other.destroy());
    }
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address() as AddressInfo; // Of a TCP server that listens.
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${address.port}`,
    leadTo: (url) => void (port = Number(new URL(url).port)),
    loseNextAnswer: () => void (toLose += 1),
    cut,
    async [Symbol.asyncDispose]() {
      const closed = once(proxy, 'close');
      proxy.close();
      cut();
      await closed;
    },
  };
}
