import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** An HTTP proxy that passes everything on to this machine, whatever name it is asked for, and keeps what it was asked. */
export interface TestProxy extends AsyncDisposable {
  /** `host:port`. */
  readonly name: string;
  /** `CONNECT host:port` or `GET http://…`, with the names of the headers. */
  readonly asked: { readonly line: string; readonly headers: Readonly<Record<string, unknown>> }[];
  /** What it answers in the place of passing on, if anything. */
  refusal: number | undefined;
}

/** Starts one on loopback. */
export async function startProxy(): Promise<TestProxy> {
  const asked: TestProxy['asked'] = [];
  const sockets = new Set<Socket>();
  const server = createServer((incoming, outgoing) => {
    asked.push({ line: `${incoming.method} ${incoming.url}`, headers: incoming.headers });
    if (proxy.refusal !== undefined) {
      outgoing.writeHead(proxy.refusal).end();
      return;
    }
    const url = new URL(incoming.url ?? '');
    const onward = request(
      {
        host: '127.0.0.1',
        port: url.port,
        method: incoming.method,
        path: `${url.pathname}${url.search}`,
        headers: incoming.headers,
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  server.on('connect', (incoming, socket: Socket) => {
    asked.push({ line: `CONNECT ${incoming.url}`, headers: incoming.headers });
    sockets.add(socket);
    socket.on('error', () => undefined);
    if (proxy.refusal !== undefined) {
      socket.end(`HTTP/1.1 ${proxy.refusal} No\r\n\r\n`);
      return;
    }
    const onward = connect(Number(incoming.url?.split(':').at(-1)), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Listening on TCP.
  const { port } = server.address() as AddressInfo;
  const proxy: TestProxy = {
    name: `127.0.0.1:${port}`,
    asked,
    refusal: undefined,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      server.close();
    },
  };
  return proxy;
}
