import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '../../../runtime/capabilities/net/testing/certificates.ts';
import { startSshd, type TestSshd } from '../../../runtime/capabilities/ssh/testing/sshd.ts';
import type { JsonObject } from '../../../schemas/index.ts';
import { type GitBackend, startGitBackend } from './git-backend.ts';

/** Real servers of one bare repository, `project name.git`, on loopback. */
export interface GitWorld extends AsyncDisposable {
  readonly folder: string;
  /** The bare repository, and a clone of it to commit in. */
  readonly origin: string;
  readonly work: string;
  /** `git http-backend` behind nginx, which has TLS and asks for a password. */
  readonly https: { readonly url: string; readonly ca: string; readonly user: string; readonly password: string };
  readonly backend: GitBackend;
  /** `git daemon`. */
  readonly daemon: string;
  readonly sshd: TestSshd;
  readonly ssh: { readonly url: string; readonly knownHosts: string };
  /** Commits files, and pushes; the commit's id. */
  commit(files: Readonly<Record<string, string>>, message: string): string;
}

/** How the repository is reached. */
export type Way = 'https' | 'ssh' | 'file';

/** The inputs of checkout@v1 for that, with the secrets TOKEN and KEY. */
export function inputsBy({ https, ssh, origin }: GitWorld, way: Way): JsonObject {
  const ways: Readonly<Record<Way, JsonObject>> = {
    https: { repository: https.url, username: https.user, token: '${{ secrets.TOKEN }}', ca: https.ca },
    ssh: { repository: ssh.url, 'ssh-key': '${{ secrets.KEY }}', 'known-hosts': ssh.knownHosts },
    file: { repository: origin },
  };
  return ways[way];
}

/** Runs git without the settings of whoever runs the tests. */
export function git(cwd: string, ...args: readonly string[]): string {
  const identity = [
    '-c',
    'user.name=Ada Lovelace',
    '-c',
    'user.email=ada@localhost',
    '-c',
    'protocol.file.allow=always',
  ];
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  return execFileSync('git', [...identity, ...args], {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 2 ** 26,
  }).trim();
}

/** Starts them; all end with the world. */
export async function startGitWorld(): Promise<GitWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-git-'));
  const [origin, work] = [join(folder, 'project name.git'), join(folder, 'work')];
  git(folder, 'init', '--quiet', '--bare', '--initial-branch=main', origin);
  for (const key of ['http.receivepack', 'uploadpack.allowFilter']) git(origin, 'config', key, 'true');
  git(folder, 'clone', '--quiet', origin, work);
  await using started = new AsyncDisposableStack();
  started.defer(() => rmSync(folder, { recursive: true, force: true }));
  const backend = started.use(await startGitBackend(folder));
  const https = await startNginx(folder, backend.port, started);
  const port = await freePort();
  const program = join(git(folder, '--exec-path'), 'git-daemon');
  const argv = ['--export-all', `--base-path=${folder}`, '--listen=127.0.0.1', `--port=${port}`, '--reuseaddr', folder];
  await serve(spawnBound(program, argv), port, started);
  const sshd = started.use(await startSshd({ MaxStartups: '200', MaxSessions: '200' }));
  const ended = started.move();
  return {
    folder,
    origin,
    work,
    https,
    backend,
    // git takes it as it is, with the blank encoded.
    daemon: `git://127.0.0.1:${port}/project%20name.git`,
    sshd,
    ssh: {
      url: `ssh://${sshd.user}@127.0.0.1:${sshd.port}${origin.replaceAll(' ', '%20')}`,
      knownHosts: `[127.0.0.1]:${sshd.port} ${sshd.hostKeys.ed25519}`,
    },
    commit(files, message) {
      for (const [path, content] of Object.entries(files)) {
        mkdirSync(join(work, path, '..'), { recursive: true });
        writeFileSync(join(work, path), content);
      }
      git(work, 'add', '--all');
      git(work, 'commit', '--quiet', '-m', message);
      git(work, 'push', '--quiet', 'origin', 'HEAD:main');
      return git(work, 'rev-parse', 'HEAD');
    },
    [Symbol.asyncDispose]: () => ended.disposeAsync(),
  };
}

async function startNginx(folder: string, backend: number, started: AsyncDisposableStack): Promise<GitWorld['https']> {
  const [user, password] = ['reader', 'correct-horse-battery'];
  const port = await freePort();
  const certificate = makeCertificate(folder);
  writeFileSync(join(folder, 'key.pem'), certificate.key);
  writeFileSync(join(folder, 'passwords'), `${user}:{PLAIN}${password}\n`);
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const configuration = `
    worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log; ${process.getuid?.() === 0 ? 'user root;' : ''}
    events { worker_connections 1024; }
    http {
      access_log off; client_max_body_size 0; proxy_buffering off; proxy_read_timeout 300;
      ${kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ')}
      server {
        listen 127.0.0.1:${port} ssl; ssl_certificate ${certificate.file}; ssl_certificate_key ${folder}/key.pem;
        auth_basic private; auth_basic_user_file ${folder}/passwords;
        location / { proxy_pass http://127.0.0.1:${backend}; proxy_http_version 1.1; proxy_set_header Host $http_host; }
      }
    }`;
  writeFileSync(join(folder, 'nginx.conf'), configuration);
  const argv = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-g', 'daemon off; master_process off;'];
  await serve(spawnBound('nginx', argv), port, started);
  return { url: `https://127.0.0.1:${port}/project%20name.git`, ca: certificate.cert, user, password };
}

/** A server that ends with the tests, however they end. */
function spawnBound(program: string, argv: readonly string[]): ChildProcess {
  return spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, ...argv], { stdio: 'ignore' });
}

/** Waits until it answers, and ends it with the rest. */
async function serve(server: ChildProcess, port: number, started: AsyncDisposableStack): Promise<void> {
  started.defer(async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill('SIGKILL');
    await once(server, 'exit');
  });
  for (;;) {
    if (server.exitCode !== null) throw new Error(`the server on port ${port} ended with ${server.exitCode}`);
    if (await answers(port)) return;
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => setTimeout(() => resolve(false), 20));
  });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
