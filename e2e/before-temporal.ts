/** What stands in front of Temporal where it isn't reached in clear: TLS for those with a certificate, a check of API keys. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectHttp2, createSecureServer, type IncomingHttpHeaders } from 'node:http2';
import { connect, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { onTestFinished } from 'vitest';
import { folderWith } from './command.ts';

/** A certificate authority, `ca.pem`, and certificates by it: `name.pem` with `name.key`. */
export interface Authority {
  readonly folder: string;
  /** `hosts`: those of its subject's alternative names, as openssl writes them. */
  readonly issue: (name: string, hosts?: string) => void;
}

/** Makes one. */
export function authority(): Authority {
  const folder = folderWith({});
  const openssl = (...argv: readonly string[]): void =>
    void execFileSync('openssl', [...argv], { cwd: folder, stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  openssl('req', '-x509', ...key, '-subj', '/CN=tests', '-keyout', 'ca.key', '-out', 'ca.pem');
  const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-addext', 'basicConstraints=critical,CA:FALSE'];
  return {
    folder,
    issue: (name, hosts = 'DNS:temporal.test') => {
      const names = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${hosts}`];
      openssl('req', '-x509', ...key, ...by, ...names, '-keyout', `${name}.key`, '-out', `${name}.pem`);
    },
  };
}

/** TLS in front of Temporal, for those with a certificate alone. Tells who connected. */
export async function tlsBefore(
  address: string,
  folder: string,
): Promise<{ readonly host: string; readonly clients: string[] }> {
  const clients: string[] = [];
  const [host = '', port = ''] = address.split(':');
  const server = createServer(
    { ...ownFiles(folder), requestCert: true, rejectUnauthorized: true, ALPNProtocols: ['h2'] },
    (socket) => {
      clients.push(String(socket.getPeerCertificate().subject.CN));
      const behind = connect(Number(port), host);
      socket.pipe(behind).pipe(socket);
      socket.on('error', () => behind.destroy());
      behind.on('error', () => socket.destroy());
    },
  );
  return { host: await listeningAt(server), clients };
}

/** In front of Temporal as Temporal Cloud is: who has no such API key is refused. Tells which keys it was shown. */
export async function apiKeyBefore(
  address: string,
  folder: string,
  apiKey: string,
): Promise<{ readonly host: string; readonly shown: Set<string | undefined> }> {
  const shown = new Set<string | undefined>();
  const behind = connectHttp2(`http://${address}`);
  // What ends while it is used fails for who uses it.
  behind.on('error', () => {});
  onTestFinished(() => behind.destroy());
  const server = createSecureServer(ownFiles(folder));
  server.on('session', (session) => session.on('error', () => {}));
  server.on('stream', (stream, headers) => {
    shown.add(headers.authorization);
    stream.on('error', () => {});
    if (headers.authorization !== `Bearer ${apiKey}`) {
      // https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md: an answer of trailers alone.
      const refusal = { 'grpc-status': '16', 'grpc-message': 'Request unauthorized.' };
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...refusal }, { endStream: true });
      return;
    }
    const { ':authority': _, ':scheme': __, ...sent } = headers;
    const passed = behind.request(sent);
    passed.on('error', () => stream.close());
    stream.on('close', () => passed.close());
    let trailers: IncomingHttpHeaders = {};
    passed.on('trailers', (last) => (trailers = last));
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    passed.on('response', (answer) => {
      const endStream = answer['grpc-status'] !== undefined;
      stream.respond(answer, endStream ? { endStream } : { waitForTrailers: true });
      if (!endStream) passed.pipe(stream);
    });
    stream.pipe(passed);
  });
  return { host: await listeningAt(server), shown };
}

function ownFiles(folder: string) {
  const read = (name: string): Buffer => readFileSync(join(folder, name));
  return { cert: read('server.pem'), key: read('server.key'), ca: read('ca.pem') };
}

async function listeningAt(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const listening = server.address();
  if (listening === null || typeof listening === 'string') throw new Error('no port');
  return `127.0.0.1:${listening.port}`;
}
