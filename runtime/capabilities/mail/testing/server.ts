import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { Json, JsonObject } from '../../../../schemas/index.ts';
import type { CallScope } from '../../capability.ts';
import { createMailCapability } from '../../mail.ts';
import { performTestCall, type TestCall } from '../../testing/call.ts';

/** A message as the server took it. */
export interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly content: string;
  readonly secure: boolean;
  readonly user: string | undefined;
}

/** A real mail server on loopback that keeps what it gets. */
export interface TestMailServer extends AsyncDisposable {
  readonly port: number;
  readonly received: Received[];
}

/** Starts the server. Whoever says `password` is let in. */
export async function startMailServer(options: SMTPServerOptions): Promise<TestMailServer> {
  const received: Received[] = [];
  const server = new SMTPServer({
    authOptional: true,
    closeTimeout: 100,
    onAuth: ({ username, password }, _session, done) =>
      password === 'correct horse' ? done(null, { user: username ?? '' }) : done(new Error(`not ${String(password)}`)),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          content: Buffer.concat(chunks).toString(),
          secure: session.secure,
          // Given by onAuth above.
          user: session.user as string | undefined,
        });
        done();
      });
    },
    ...options,
  });
  // The client hangs up in the middle of it all.
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  // Listening on TCP.
  const { port } = server.server.address() as AddressInfo;
  return {
    port,
    received,
    async [Symbol.asyncDispose]() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      await closed.promise;
    },
  };
}

/** What of a test's call isn't the same for all. */
export interface MailCall {
  readonly entries: readonly JsonObject[];
  /** Instead of those, where a layer has several. */
  readonly layers?: TestCall['layers'];
  readonly args: JsonObject;
  readonly authorities?: readonly string[];
  readonly implied?: TestCall['implied'];
}

/** Sends a message under one entry of each layer. */
export async function send(scope: CallScope, call: MailCall): Promise<JsonObject> {
  const capability = createMailCapability({
    lookup: async () => [{ address: '127.0.0.1', family: 4 }],
    authorities: call.authorities ?? [],
  });
  const args: Json = { host: 'localhost', subject: 'Hello', text: 'Hi', ...call.args };
  const { implied = () => true } = call;
  const answer = await performTestCall(
    capability,
    { layers: call.layers ?? call.entries.map((entry) => [entry]), operation: 'send', args, implied },
    scope,
  );
  // Tests look into the answer by its keys.
  return answer as JsonObject;
}
