import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AbsolutePath } from '../../../../schemas/index.ts';

/** A socket that leads to this machine's daemon, and tells of each request before the daemon has it. */
export interface ProxyDaemon extends AsyncDisposable {
  readonly socket: AbsolutePath;
}

/**
 * Starts it. `onRequest` gets `POST /v1.41/containers/create?…` and its like, and the body as far as it came along. Where it answers with
 * a promise the daemon gets the request only then, also if its client is gone by that time.
 */
export async function startProxyDaemon(
  onRequest: (line: string, body: string) => Promise<void> | undefined,
): Promise<ProxyDaemon> {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-proxy-daemon-'));
  // Absolute, as the system's folder for temporary files is.
  const socket = join(folder, 'docker.sock') as AbsolutePath;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const daemon = connect({ path: '/var/run/docker.sock', allowHalfOpen: true });
    // The agent makes a connection for each request.
    let isHeld = false;
    client.once('data', (chunk) => {
      const text = chunk.toString('latin1');
      const held = onRequest(text.split(' HTTP/', 1)[0] ?? '', text.slice(text.indexOf('\r\n\r\n')));
      isHeld = held !== undefined;
      if (held === undefined) {
        daemon.write(chunk);
        client.pipe(daemon);
      } else void held.then(() => daemon.end(chunk));
    });
    daemon.pipe(client);
    for (const [one, other] of [
      [client, daemon],
      [daemon, client],
    ] as const) {
      one.on('error', () => undefined);
      one.once('close', () => {
        if (!isHeld) other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => void server.listen(socket, resolve));
  return {
    socket,
    async [Symbol.asyncDispose]() {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
