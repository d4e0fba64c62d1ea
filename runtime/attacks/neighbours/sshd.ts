import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSshd } from '../../capabilities/ssh/testing/sshd.ts';
import type { Neighbour, NeighbourTokens } from './neighbour.ts';

/**
 * OpenSSH's server. `ssh_root/app` is what is granted, with a link in it that leads outside; `ssh_root/secret` beside it holds the
 * canary, and is where nothing may be changed.
 */
export async function startSshdNeighbour({ file, outside }: NeighbourTokens): Promise<Neighbour> {
  const server = await startSshd();
  const app = join(server.root, 'app');
  const secret = join(server.root, 'secret');
  const target = join(secret, 'target.txt');
  mkdirSync(app);
  mkdirSync(secret);
  writeFileSync(join(app, 'mine.txt'), 'granted\n');
  writeFileSync(join(secret, 'canary.txt'), `${file}\n`);
  writeFileSync(target, 'as it was\n');
  symlinkSync(secret, join(app, 'link'));
  symlinkSync(join(secret, 'canary.txt'), join(app, 'link.txt'));
  symlinkSync(outside, join(app, 'out'));
  return {
    arena: {
      ssh_port: server.port,
      ssh_user: server.user,
      ssh_pin: server.fingerprint,
      ssh_root: server.root,
    },
    secrets: { SSH_KEY: server.keys.client },
    received: () => '',
    trespasses: () => [
      ...(existsSync(target) && readFileSync(target, 'utf8') === 'as it was\n'
        ? []
        : ['a file of the other machine that was not granted was changed']),
      ...(existsSync(join(secret, 'planted')) ? ['a file was planted on the other machine'] : []),
    ],
    leftovers: () => [],
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
