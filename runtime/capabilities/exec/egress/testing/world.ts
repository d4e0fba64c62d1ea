import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as timer } from 'node:timers/promises';
import type { JsonObject } from '../../../../../schemas/index.ts';
import type { CallScope, Capability } from '../../../capability.ts';
import { createExecCapability } from '../../../exec.ts';
import type { ExecMachinePowers } from '../../powers.ts';
import { killGraces } from '../../powers.ts';

/** exec on this machine, with a resolver of the test's own; `uid` has it take the way of an agent of that user. */
export function execWithNames(
  names: Readonly<Record<string, readonly string[]>>,
  uid: number | undefined = process.getuid?.(),
): Capability {
  const powers = {
    spawn,
    kill: (pid: number, signal: NodeJS.Signals) => void process.kill(pid, signal),
    pause: (ms: number, signal?: AbortSignal) => timer(ms, undefined, signal === undefined ? {} : { signal }),
    graces: killGraces,
  };
  const machine: ExecMachinePowers = {
    lookup: async (name) => {
      const addresses = names[name];
      if (addresses === undefined) throw Object.assign(new Error(`no ${name}`), { code: 'ENOTFOUND' });
      return addresses.map((address) => ({ address, family: 4 }));
    },
    memory: 4 * 1024 ** 3,
    uid,
    kernel: '6.1.0',
  };
  return createExecCapability(powers, machine);
}

/** A TCP server on this machine's loopback. */
export interface TestServer extends AsyncDisposable {
  readonly port: number;
  /** Connections that it saw. */
  readonly seen: Socket[];
  /** The next one. */
  next(): Promise<Socket>;
}

/** One that says hello, sends back what it gets, and ends when the other side does. */
export async function echoServer(greeting = 'hello\n'): Promise<TestServer> {
  const seen: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    seen.push(socket);
    socket.on('error', () => undefined);
    socket.write(greeting);
    socket.pipe(socket);
  });
  return listening(server, seen);
}

/** One that answers each request with its method, target, headers and body. */
export async function httpServer(): Promise<TestServer> {
  const seen: Socket[] = [];
  const server = createHttpServer((request: IncomingMessage, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const { method, url, headers } = request;
      response.setHeader('x-seen', 'yes');
      response.end(JSON.stringify({ method, url, headers, body }));
    });
  });
  server.on('connection', (socket: Socket) => seen.push(socket));
  return listening(server, seen);
}

async function listening(server: Server, seen: Socket[]): Promise<TestServer> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    // A TCP server that listens has such an address.
    port: (server.address() as AddressInfo).port,
    seen,
    // What a server's `connection` carries.
    next: async () => (await once(server, 'connection'))[0] as Socket,
    async [Symbol.asyncDispose]() {
      for (const socket of seen) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** What the scope's audit was told of the egress. */
export function egressFacts(scope: CallScope & { readonly notes: readonly JsonObject[] }): unknown {
  return scope.notes.find((note) => note['egress'] !== undefined)?.['egress'];
}
