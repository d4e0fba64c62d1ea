import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

/** What was asked of it. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Answers a request; what it does with the response is the fault that a test is about. */
export type Answers = (asked: Asked, response: ServerResponse) => void;

/** A server that answers in Vault's place, for faults that a real one can't be made to show. */
export interface StandIn extends AsyncDisposable {
  readonly address: string;
  readonly asked: readonly Asked[];
}

/** `tls`: it speaks TLS alone, with that certificate. */
export async function startStandIn(answers: Answers, tls?: ServerOptions): Promise<StandIn> {
  const asked: Asked[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const one = { method, path: url, headers, body: Buffer.concat(chunks).toString() };
      asked.push(one);
      answers(one, response);
    });
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  // It listens on a port.
  const { port } = server.address() as AddressInfo;
  return {
    address: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      await closed.promise;
    },
  };
}

/** Sends JSON with a status. */
export function send(response: ServerResponse, status: number, content: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
}

/** A KV entry, as Vault answers. */
export function entry(fields: unknown, version = 1): unknown {
  return { data: { data: fields, metadata: { version, destroyed: false, deletion_time: '' } } };
}
