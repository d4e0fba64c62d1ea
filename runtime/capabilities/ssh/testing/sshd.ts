import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../../../../schemas/index.ts';

/** OpenSSH's own server on loopback, with keys of its own. */
export interface TestSshd extends AsyncDisposable {
  readonly port: number;
  readonly user: string;
  /** A folder that is the server's to show. */
  readonly root: string;
  /** The whole public keys of the host, by type, and one's fingerprint. */
  readonly hostKeys: Readonly<Record<'ed25519' | 'rsa', string>>;
  readonly fingerprint: string;
  /** A private key that is let in; the same with a passphrase; one that isn't let in. */
  readonly keys: Readonly<Record<'client' | 'locked' | 'stranger', string>>;
  /** An entry that allows all there is. */
  readonly entry: JsonObject;
}

export const passphrase = 'correct horse battery';

/** Starts the server. With `password`, this user may log in by it, too: only root can have that, see canMount(). */
export async function startSshd(
  settings: Readonly<Record<string, string>> = {},
  { password }: { readonly password?: string } = {},
): Promise<TestSshd> {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-sshd-'));
  // Small for RSA, so that it is made soon; ed25519 has one size.
  const make = (name: string, type: string, secret = ''): void =>
    void execFileSync('ssh-keygen', ['-q', '-t', type, '-b', '2048', '-N', secret, '-f', join(folder, name)]);
  make('host_ed25519', 'ed25519');
  make('host_rsa', 'rsa');
  for (const name of ['client', 'stranger']) make(name, 'ed25519');
  make('locked', 'rsa', passphrase);
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  writeFileSync(join(folder, 'authorized'), read('client.pub') + read('locked.pub'));
  const root = join(folder, 'root');
  mkdirSync(root);
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true });
  const port = await freePort();
  const all = {
    Port: port,
    ListenAddress: '127.0.0.1',
    AuthorizedKeysFile: join(folder, 'authorized'),
    PidFile: 'none',
    StrictModes: 'no',
    UsePAM: 'no',
    PasswordAuthentication: password === undefined ? 'no' : 'yes',
    PermitRootLogin: 'yes',
    Subsystem: 'sftp internal-sftp',
    ...settings,
  };
  const lines = Object.entries(all).map(([key, value]) => `${key} ${value}`);
  const hostKeys = ['host_ed25519', 'host_rsa'].map((name) => `HostKey ${join(folder, name)}`);
  writeFileSync(join(folder, 'sshd_config'), [...hostKeys, ...lines, ''].join('\n'));
  const command = ['/usr/sbin/sshd', '-D', '-e', '-f', join(folder, 'sshd_config')];
  const [program = '', ...argv] = password === undefined ? command : withPassword(password, folder, command);
  const server = spawn(program, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
  await new Promise<void>((resolve, reject) => {
    let said = '';
    server.stderr.on('data', (text) => {
      said += String(text);
      if (said.includes('Server listening')) resolve();
    });
    server.once('exit', (code) => reject(new Error(`sshd ended with ${code}: ${said}`)));
  });
  const publicKey = (name: string): string => read(`${name}.pub`).split(' ').slice(0, 2).join(' ');
  const printed = execFileSync('ssh-keygen', ['-l', '-f', join(folder, 'host_ed25519.pub')], { encoding: 'utf8' });
  const fingerprint = printed.split(' ')[1] ?? '';
  const user = userInfo().username;
  return {
    port,
    user,
    root,
    hostKeys: { ed25519: publicKey('host_ed25519'), rsa: publicKey('host_rsa') },
    fingerprint,
    keys: { client: read('client'), locked: read('locked'), stranger: read('stranger') },
    entry: {
      host: '127.0.0.1',
      port,
      user,
      'host-key': fingerprint,
      key: 'KEY',
      commands: [{ command: '*', args: 'any' }],
      read: '/**',
      write: '/**',
      private: true,
    },
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The command where /etc/shadow has this user with that password, in a mount namespace of its own: the machine's stays as it is. */
function withPassword(password: string, folder: string, command: readonly string[]): readonly string[] {
  const shadow = join(folder, 'shadow');
  const hash = execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: password, encoding: 'utf8' }).trim();
  writeFileSync(shadow, `${userInfo().username}:${hash}:19000:0:99999:7:::\n`, { mode: 0o600 });
  return ['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /etc/shadow && exec "$@"', shadow, ...command];
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
