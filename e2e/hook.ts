import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What came to a hook. */
export interface Posted {
  readonly path: string | undefined;
  readonly authorization: string | undefined;
  readonly text: string;
}

/** A server on loopback that takes all that is posted, as a chat does. */
export interface TestHook extends AsyncDisposable {
  readonly origin: string;
  readonly posted: Posted[];
}

/** Starts it. */
export async function startHook(): Promise<TestHook> {
  const posted: Posted[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url: path, headers } = request;
      posted.push({ path, authorization: headers.authorization, text: Buffer.concat(chunks).toString() });
      response.end('{"ok":true}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    posted,
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // Listening on TCP.
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}
