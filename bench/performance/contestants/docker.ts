import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** A daemon of Docker's with an image of the machine's busybox. */
export interface Docker extends AsyncDisposable {
  readonly version: string;
  /** Runs a command in a new container without a network, to its success. */
  readonly run: (command: string) => Promise<void>;
}

const image = 'waterflow-performance';
const busybox = '/usr/bin/busybox';
const startMs = 30_000;
const pollMs = 100;
const execute = promisify(execFile);

/** Starts a daemon of its own with a store that works everywhere; needs root, as Docker does. Throws where there is none. */
export async function openDocker(scratch: string): Promise<Docker> {
  if (!existsSync(busybox)) throw new Error('there is no static busybox to make an image of');
  // A socket's path may have 107 characters.
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-docker-'));
  await using opening = new AsyncDisposableStack();
  opening.defer(() => rmSync(folder, { recursive: true, force: true }));
  const host = `unix://${join(folder, 'socket')}`;
  const roots = [
    `--data-root=${join(folder, 'data')}`,
    `--exec-root=${join(folder, 'exec')}`,
    `--pidfile=${join(folder, 'pid')}`,
  ];
  const daemon = spawn(
    'setpriv',
    [
      '--pdeathsig',
      'TERM',
      '--',
      'dockerd',
      '-H',
      host,
      '--storage-driver=vfs',
      '--bridge=none',
      '--iptables=false',
      ...roots,
    ],
    {
      stdio: 'ignore',
    },
  );
  const exited = Promise.race([once(daemon, 'exit'), once(daemon, 'error')]);
  opening.defer(async () => {
    daemon.kill('SIGTERM');
    await exited;
  });
  const docker = async (...argv: readonly string[]): Promise<string> =>
    (await execute('docker', ['-H', host, ...argv], { encoding: 'utf8' })).stdout.trim();
  const version = await answering(() => docker('version', '--format', '{{.Server.Version}}'));
  const root = join(scratch, 'docker-image');
  mkdirSync(join(root, 'bin'), { recursive: true });
  await execute(
    'sh',
    ['-c', `cp ${busybox} bin/busybox && ln -sf busybox bin/sh && ln -sf busybox bin/true && tar -cf ../image.tar .`],
    { cwd: root },
  );
  await docker('import', join(scratch, 'image.tar'), image);
  const running = opening.move();
  return {
    version,
    run: async (command) => void (await docker('run', '--rm', '--network=none', image, 'sh', '-c', command)),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function answering(ask: () => Promise<string>): Promise<string> {
  for (let waited = 0; ; waited += pollMs) {
    try {
      return await ask();
    } catch (cause) {
      if (waited >= startMs) throw new Error("dockerd doesn't answer", { cause });
      await sleep(pollMs);
    }
  }
}
