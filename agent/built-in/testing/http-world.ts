import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { makeCertificate } from '../../../runtime/capabilities/net/testing/certificates.ts';

/** What the operator says of servers of this machine: private addresses and proxies have to be written out. */
export function httpPolicy(proxies: readonly string[] = []): string {
  const entries = ['http', 'https'].map((scheme) => ({
    url: `${scheme}://*:*`,
    methods: ['*'],
    headers: ['*'],
    secrets: ['*'],
    private: true,
    proxies,
  }));
  const rules = [
    { plugin: 'http', allow: { net: entries } },
    { plugin: 'built-in', allow: 'requested' },
    { plugin: 'approved', allow: 'requested' },
  ];
  return JSON.stringify({ version: 1, require: { confinement: 0 }, rules });
}

/** nginx, in http and with TLS, and what it serves. */
export interface TestNginx extends AsyncDisposable {
  readonly http: string;
  readonly https: string;
  /** The folder of `/site/`, and that of `/dav/`, which takes PUT, DELETE, MKCOL, COPY and MOVE. */
  readonly site: string;
  readonly dav: string;
  /** Who may log in at `/private/`. */
  readonly login: { readonly user: string; readonly password: string };
  /** The server's own certificate, which nobody knows but who is told; and one that `/mutual` takes, with another one that it doesn't. */
  readonly authority: string;
  readonly client: ClientFiles;
  readonly stranger: ClientFiles;
}

/** A certificate and its key in PEM. */
export interface ClientFiles {
  readonly certificate: string;
  readonly key: string;
}

/** Starts it on free ports, in a folder of its own. */
export async function startNginx(): Promise<TestNginx> {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-nginx-'));
  const [site, dav] = [join(folder, 'site'), join(folder, 'dav')];
  mkdirSync(site);
  mkdirSync(dav);
  const server = makeCertificate(folder, 'localhost');
  makeCertificate(folder, 'authority');
  const client = issue(folder, { name: 'robot', authority: 'authority' });
  const stranger = makeCertificate(folder, 'stranger');
  const login = { user: 'robot', password: 'correct horse battery' };
  writeFileSync(join(folder, 'passwords'), `${login.user}:{PLAIN}${login.password}\n`);
  const [port, tlsPort] = await freePorts();
  writeFileSync(join(folder, 'nginx.conf'), configuration(folder, port, tlsPort));
  const argv = ['--pdeathsig', 'KILL', '--', 'nginx', '-p', folder, '-c', join(folder, 'nginx.conf')];
  // One process: workers would outlive a master that is killed.
  const nginx = spawn('setpriv', [...argv, '-g', 'daemon off; master_process off;'], { stdio: 'ignore' });
  // It refuses connections until it listens.
  await vi.waitFor(() => fetch(`http://127.0.0.1:${port}/`), { timeout: 30_000 });
  return {
    http: `http://127.0.0.1:${port}`,
    https: `https://127.0.0.1:${tlsPort}`,
    site,
    dav,
    login,
    authority: server.file,
    client,
    stranger: { certificate: stranger.cert, key: stranger.key },
    async [Symbol.asyncDispose]() {
      nginx.kill('SIGKILL');
      if (nginx.exitCode === null && nginx.signalCode === null) await once(nginx, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configuration(folder: string, port: number, tlsPort: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  const locations = `
    location /site/ { alias ${folder}/site/; }
    location /slow/ { alias ${folder}/site/; limit_rate 20k; }
    location /dav/ { alias ${folder}/dav/; dav_methods PUT DELETE MKCOL COPY MOVE; create_full_put_path on; }
    location /private/ { alias ${folder}/site/; auth_basic "here"; auth_basic_user_file ${folder}/passwords; }
    location /moved/ { rewrite ^/moved/(.*)$ /site/$1 redirect; }`;
  return `
    worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log; ${process.getuid?.() === 0 ? 'user root;' : ''}
    events { worker_connections 1024; }
    http {
      access_log off; ${temporary.join(' ')} client_max_body_size 0; sendfile on; absolute_redirect off;
      gzip on; gzip_types application/json; types { application/json json; } default_type application/octet-stream;
      server { listen 127.0.0.1:${port}; ${locations} }
      server {
        listen 127.0.0.1:${tlsPort} ssl;
        ssl_certificate ${folder}/localhost-cert.pem; ssl_certificate_key ${folder}/localhost-key.pem;
        ssl_client_certificate ${folder}/authority-cert.pem; ssl_verify_client optional;
        ${locations}
        location /mutual { if ($ssl_client_verify != SUCCESS) { return 403 "no certificate"; } return 200 $ssl_client_s_dn; }
      }
    }`;
}

/** A certificate that the authority in the folder has signed. */
function issue(
  folder: string,
  { name, authority }: { readonly name: string; readonly authority: string },
): ClientFiles {
  const at = (file: string): string => join(folder, file);
  const openssl = (...args: readonly string[]): void => void execFileSync('openssl', args, { stdio: 'ignore' });
  const algorithm = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-new', ...algorithm, '-subj', `/CN=${name}`, '-keyout', at('client.key'), '-out', at('client.csr'));
  const signer = ['-CA', at(`${authority}-cert.pem`), '-CAkey', at(`${authority}-key.pem`), '-CAcreateserial'];
  openssl('x509', '-req', '-in', at('client.csr'), ...signer, '-days', '2', '-out', at('client.pem'));
  return { certificate: readFileSync(at('client.pem'), 'utf8'), key: readFileSync(at('client.key'), 'utf8') };
}

async function freePorts(): Promise<readonly [number, number]> {
  const probes = [createTcpServer().listen(0, '127.0.0.1'), createTcpServer().listen(0, '127.0.0.1')] as const;
  await Promise.all(probes.map((probe) => once(probe, 'listening')));
  // Listening on TCP.
  const ports = probes.map((probe) => (probe.address() as AddressInfo).port);
  for (const probe of probes) probe.close();
  return [ports[0] ?? 0, ports[1] ?? 0];
}

/** A request as it came in. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A server of a test's own, which keeps what it gets. */
export interface TestHttp extends AsyncDisposable {
  readonly url: string;
  readonly requests: Received[];
}

/** Starts one on loopback; a request is answered once all of it is there. */
export async function startHttp(answer: RequestListener): Promise<TestHttp> {
  const requests: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      requests.push({ method, path, headers, body: Buffer.concat(chunks).toString() });
      answer(request, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Listening on TCP.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A server that says what it likes, once it has a request's head. */
export async function startRaw(answer: (socket: Socket) => void): Promise<{ readonly url: string } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Listening on TCP.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
