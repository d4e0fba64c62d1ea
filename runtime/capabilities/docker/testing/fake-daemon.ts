import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AbsolutePath } from '../../../../schemas/index.ts';

/** A server on a unix socket that answers what a test tells it to, for what no daemon does. */
export interface FakeDaemon extends AsyncDisposable {
  readonly socket: AbsolutePath;
  /** Methods and paths, as they came in. */
  readonly asked: string[];
}

/** Answers requests; `upgrade` those for the connection itself. */
export interface FakeAnswers {
  readonly request: (request: IncomingMessage, response: ServerResponse) => void;
  readonly upgrade?: (request: IncomingMessage, socket: Socket) => void;
}

/** Starts it. */
export async function startFakeDaemon({ request, upgrade }: FakeAnswers): Promise<FakeDaemon> {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-fake-daemon-'));
  // Absolute, as the system's folder for temporary files is.
  const socket = join(folder, 'docker.sock') as AbsolutePath;
  const asked: string[] = [];
  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    request(incoming, response);
  });
  if (upgrade !== undefined) {
    // Of a server on a unix socket it is one of node:net.
    server.on('upgrade', (incoming, taken) => upgrade(incoming, taken as Socket));
  }
  const connections = new Set<Socket>();
  server.on('connection', (connection) => void connections.add(connection));
  await new Promise<void>((resolve) => void server.listen(socket, resolve));
  return {
    socket,
    asked,
    async [Symbol.asyncDispose]() {
      // Those that were taken over too.
      for (const connection of connections) connection.destroy();
      await new Promise((resolve) => void server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
