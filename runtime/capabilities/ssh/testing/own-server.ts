import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import ssh2, { type AuthContext, type Connection, type ServerChannel, type SFTPWrapper } from 'ssh2';
import type { JsonObject } from '../../../../schemas/index.ts';
import { fingerprintOf } from '../host-key.ts';

/** What a server does that a test makes up. */
export interface OwnServerBehaviour {
  readonly authenticate?: (context: AuthContext, connection: Connection) => void;
  /** `refuse`: no command is run. */
  readonly exec?: 'refuse' | ((channel: ServerChannel, command: string, connection: Connection) => void);
  /** Signals that a program got. */
  readonly signal?: (channel: ServerChannel, name: string) => void;
  readonly sftp?: (sftp: SFTPWrapper, connection: Connection) => void;
}

/** A server that a test makes up, in this process. */
export interface OwnServer extends AsyncDisposable {
  readonly entry: JsonObject;
  readonly key: string;
}

/** Starts it; whoever it is lets anybody in unless it says otherwise. */
export async function startOwnServer(behaviour: OwnServerBehaviour): Promise<OwnServer> {
  const host = makeKeys();
  const client = makeKeys();
  const connections = new Set<Connection>();
  const server = new ssh2.Server({ hostKeys: [host.private] }, (connection) => {
    connections.add(connection);
    // ssh2's server waits 40 ms with each small answer; its socket is the only way to tell it not to.
    (Reflect.get(connection, '_sock') as Socket | undefined)?.setNoDelay(true);
    // The other side hangs up in the middle of it all.
    connection.on('error', () => undefined);
    connection.on('authentication', (context) => {
      if (behaviour.authenticate === undefined) context.accept();
      else behaviour.authenticate(context, connection);
    });
    connection.on('session', (accept) => {
      const session = accept();
      // ssh2's server takes no signals once the input has ended. OpenSSH's does, and so does this one.
      Object.defineProperty(session, '_ending', { get: () => false, set(_value) {} });
      let channel: ServerChannel | undefined;
      session.on('exec', (take, refuse, { command }) => {
        if (behaviour.exec === 'refuse') return refuse();
        channel = take();
        channel.on('error', () => undefined);
        behaviour.exec?.(channel, command, connection);
      });
      session.on('signal', (_accept, _refuse, { name }) => {
        if (channel !== undefined) behaviour.signal?.(channel, name);
      });
      session.on('sftp', (take) => {
        const sftp = take();
        sftp.on('error', () => undefined);
        behaviour.sftp?.(sftp, connection);
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Listening on TCP.
  const { port } = server.address() as AddressInfo;
  const key = Buffer.from(host.public.split(' ')[1] ?? '', 'base64');
  return {
    key: client.private,
    entry: {
      host: '127.0.0.1',
      port,
      user: 'robot',
      'host-key': `SHA256:${fingerprintOf(key)}`,
      key: 'KEY',
      commands: [{ command: '*', args: 'any' }],
      read: ['/granted/**', 'granted/**'],
      write: ['/granted/**'],
      private: true,
    },
    async [Symbol.asyncDispose]() {
      for (const connection of connections) connection.end();
      server.close();
    },
  };
}

/** A pair of keys. Now and then ssh2 1.17 makes one that it can't read itself. */
export function makeKeys(): { readonly private: string; readonly public: string } {
  for (;;) {
    const keys = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(keys.private) instanceof Error)) return keys;
  }
}

/** Attributes of SFTP, as a server answers with. */
export function attributes(
  type: 'file' | 'directory',
  size = 0,
): { mode: number; size: number; uid: number; gid: number; atime: number; mtime: number } {
  return { mode: type === 'file' ? 0o100644 : 0o040755, size, uid: 0, gid: 0, atime: 0, mtime: 0 };
}

/** Answers as a server does on which everything is where it is said to be: a folder `/granted`, no links. */
export function answerPlaces(sftp: SFTPWrapper, sizes: Readonly<Record<string, number>> = {}): void {
  const { STATUS_CODE } = ssh2.utils.sftp;
  sftp.on('REALPATH', (id, path) => {
    const filename = path === '.' ? '/home' : path;
    sftp.name(id, [{ filename, longname: '', attrs: attributes('directory') }]);
  });
  sftp.on('LSTAT', (id, path) => {
    const size = sizes[path];
    if (size !== undefined) sftp.attrs(id, attributes('file', size));
    else if (path === '/granted' || path === '/granted/folder') sftp.attrs(id, attributes('directory'));
    else sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
  });
  sftp.on('CLOSE', (id) => sftp.status(id, STATUS_CODE.OK));
}
