import { join } from 'node:path';
import ssh2, { type FileEntry, type ServerChannel, type SFTPWrapper } from 'ssh2';
import { attributes, startOwnServer } from '../../capabilities/ssh/testing/own-server.ts';
import type { Neighbour, NeighbourTokens } from './neighbour.ts';

const { STATUS_CODE } = ssh2.utils.sftp;
const chunkBytes = 32 * 1024;
/** Of a file that is larger than an entry allows. */
const hugeBytes = 8 * 1024 * 1024;
const smallBytes = 16;

/**
 * A server of SSH that means harm: it lets anybody in and keeps the passwords, answers with names that lead elsewhere, with listings and
 * files without end, with places that aren't those that were asked for, and with escape sequences.
 */
export async function startStranger({ outside }: NeighbourTokens): Promise<Neighbour> {
  const received: string[] = [];
  const trespasses: string[] = [];
  const server = await startOwnServer({
    authenticate(context) {
      if (context.method === 'password') received.push(context.password);
      // Anything but a password may be tried first; this server wants one wherever there is one.
      if (context.method === 'none') context.reject(['password', 'publickey', 'keyboard-interactive']);
      else context.accept();
    },
    exec: (channel, command) => {
      received.push(command);
      answer(channel, command);
    },
    sftp: (sftp) => serve(sftp, { outside, trespasses }),
  });
  const { port, 'host-key': pin } = server.entry;
  return {
    arena: {
      stranger_port: typeof port === 'number' ? port : 0,
      stranger_pin: typeof pin === 'string' ? pin : '',
      // Of that form, and of no key that there is.
      other_pin: `SHA256:${'A'.repeat(43)}`,
    },
    secrets: { SSH_KEY: server.key },
    received: () => received.join('\n'),
    trespasses: () => trespasses,
    leftovers: () => [],
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function answer(channel: ServerChannel, command: string): void {
  if (command.includes('flood')) {
    const send = (): void => {
      if (!channel.destroyed && channel.write(Buffer.alloc(chunkBytes, 'x'))) setImmediate(send);
      else channel.once('drain', send);
    };
    send();
    return;
  }
  channel.write('\u001B]0;owned\u0007\u001B[2J\u202Efine\n');
  channel.exit(0);
  channel.end();
}

function sizeAt(path: string): number {
  return path.includes('huge') ? hugeBytes : smallBytes;
}

/** Names of a folder as no folder has them. */
function hostileNames(outside: string): readonly string[] {
  const up = '../'.repeat(12);
  return [`${up}${join(outside, 'planted').slice(1)}`, join(outside, 'planted'), '..', 'a\\..\\b', 'a/b', 'nul\0'];
}

function serve(
  sftp: SFTPWrapper,
  { outside, trespasses }: { readonly outside: string; readonly trespasses: string[] },
): void {
  const open = new Map<number, { readonly path: string; listed: number }>();
  let last = 0;
  const openAt = (id: number, path: string): void => {
    if (path.startsWith('/secret')) trespasses.push(`the place ${path} of the other machine was opened`);
    last += 1;
    open.set(last, { path, listed: 0 });
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(last);
    sftp.handle(id, handle);
  };
  const isFolder = (path: string): boolean => !/\.[a-z]+$/.test(path);
  sftp.on('REALPATH', (id, path) => {
    const filename = path === '.' ? '/home' : path.replace('/granted/elsewhere', '/secret');
    sftp.name(id, [{ filename, longname: '', attrs: attributes('directory') }]);
  });
  const stat = (id: number, path: string): void =>
    sftp.attrs(id, isFolder(path) ? attributes('directory') : attributes('file', sizeAt(path)));
  sftp.on('LSTAT', stat);
  sftp.on('STAT', stat);
  sftp.on('OPENDIR', openAt);
  sftp.on('OPEN', openAt);
  sftp.on('READDIR', (id, handle) => {
    const folder = open.get(handle.readUInt32BE());
    if (folder === undefined) return sftp.status(id, STATUS_CODE.FAILURE);
    folder.listed += 1;
    const isEndless = folder.path.includes('endless');
    if (folder.listed > 1 && !isEndless) return sftp.status(id, STATUS_CODE.EOF);
    sftp.name(id, isEndless ? fill(folder.listed) : hostileNames(outside).map(file));
  });
  sftp.on('READ', (id, handle, offset, length) => {
    const opened = open.get(handle.readUInt32BE());
    if (opened === undefined) return sftp.status(id, STATUS_CODE.FAILURE);
    // One of them has no end, whatever it said of its size.
    const left = opened.path.includes('endless') ? length : Math.min(length, sizeAt(opened.path) - offset);
    return left <= 0 ? sftp.status(id, STATUS_CODE.EOF) : sftp.data(id, Buffer.alloc(left, 'planted '));
  });
  sftp.on('CLOSE', (id) => sftp.status(id, STATUS_CODE.OK));
  for (const change of ['MKDIR', 'REMOVE', 'RMDIR'] as const) {
    sftp.on(change, (id: number, path: string) => {
      if (path.startsWith('/secret')) trespasses.push(`${path} of the other machine was changed`);
      sftp.status(id, STATUS_CODE.OK);
    });
  }
}

function file(filename: string): FileEntry {
  return { filename, longname: filename, attrs: attributes('file', smallBytes) };
}

function fill(page: number): FileEntry[] {
  return Array.from({ length: 500 }, (_, index) => file(`f${page}-${index}.bin`));
}
