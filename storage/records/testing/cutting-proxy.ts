import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Stands between a client and a PostgreSQL on a unix socket. */
export interface CuttingProxy extends AsyncDisposable {
  readonly url: string;
  /** From now on a connection is cut, in both directions, once the client sends this. Undefined: none is. */
  cutAt(text: string | undefined): void;
  /** How many have been cut. */
  readonly cut: () => number;
}

const socketName = '.s.PGSQL.5432';

/** Starts one in front of the server that `url` names by its `host=` folder. */
export async function startCuttingProxy(url: string): Promise<CuttingProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-proxy-'));
  const front = new URL(url);
  const serverSocket = join(front.searchParams.get('host') ?? '', socketName);
  front.searchParams.set('host', folder);
  let trigger: string | undefined;
  let cuts = 0;
  const proxy = createServer((client) => {
    const server = connect(serverSocket);
    const close = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) socket.on('error', close).on('close', close);
    server.pipe(client);
    client.on('data', (data) => {
      if (trigger === undefined || !data.includes(trigger)) {
        server.write(data);
        return;
      }
      cuts += 1;
      close();
    });
  });
  proxy.listen(join(folder, socketName));
  await once(proxy, 'listening');
  return {
    url: front.href,
    cutAt(text) {
      trigger = text;
    },
    cut: () => cuts,
    async [Symbol.asyncDispose]() {
      proxy.close();
      rmSync(folder, { recursive: true });
    },
  };
}
