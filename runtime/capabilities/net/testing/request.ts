import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json, JsonObject } from '../../../../schemas/index.ts';
import type { CallScope } from '../../capability.ts';
import { createNetCapability, type NetArgs, type NetPowers } from '../../net.ts';
import { performTestCall } from '../../testing/call.ts';

/** What net.request answers. */
export interface NetAnswer {
  readonly status: number;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly bytes: number;
  readonly sha256?: string;
}

/** A resolver for which every name is this machine. */
export const powers: NetPowers = {
  lookup: async () => [{ address: '127.0.0.1', family: 4 }],
  authorities: [],
  userAgent: 'waterflow-test',
};

/** Any origin of this machine. */
export const local: JsonObject = { url: 'http://*:*', methods: ['*'], headers: ['*'], private: true };

/** Makes a request under entries of one layer. */
export async function request(
  scope: CallScope,
  args: NetArgs,
  more: {
    readonly entries?: readonly JsonObject[];
    readonly powers?: Partial<NetPowers>;
    readonly implied?: (call: { capability: string; operation: string }) => boolean;
  } = {},
): Promise<NetAnswer> {
  const capability = createNetCapability({ ...powers, ...more.powers });
  const { implied = () => true } = more;
  const answer = await performTestCall(
    capability,
    // Fits its schema, and so is JSON.
    { layers: [more.entries ?? [local]], operation: 'request', args: args as unknown as Json, implied },
    scope,
  );
  // What perform() builds.
  return answer as unknown as NetAnswer;
}

/** A server that keeps what it was asked. */
export interface TestServer extends AsyncDisposable {
  readonly origin: string;
  readonly port: number;
  readonly requests: IncomingMessage[];
}

/** Starts a server on loopback. */
export async function serve(listener: RequestListener, make: () => Server = createServer): Promise<TestServer> {
  const requests: IncomingMessage[] = [];
  const server = make();
  server.on('request', (incoming, outgoing) => {
    requests.push(incoming);
    listener(incoming, outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Listening on TCP.
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Answers each path with a redirect to what the table says, else with 200 and the path. */
export function redirecting(table: Readonly<Record<string, string>>, status = 302): RequestListener {
  return (incoming, outgoing) => {
    const location = table[incoming.url ?? ''];
    if (location === undefined) outgoing.end(`${incoming.method} ${incoming.url}`);
    else outgoing.writeHead(status, { location }).end();
  };
}

/** The whole body of a request as text. */
export async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  // Node types the chunks of a byte stream as any.
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
