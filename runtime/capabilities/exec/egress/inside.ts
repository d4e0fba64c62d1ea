import type { ChildProcess } from 'node:child_process';
import { Server } from 'node:net';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ownNodeEnvironment } from '../../../own-node.ts';
import { CallFailure } from '../../capability.ts';
import type { Binary } from '../binary.ts';
import { withCoveredDescriptors } from '../inherited-descriptors.ts';
import type { ExecPowers } from '../powers.ts';
import { exitOf } from '../program.ts';
import type { ListenAnswer } from './listen-inside.ts';

/** An address of the program's own loopback. */
export interface InsideAddress {
  readonly address: string;
  readonly port: number;
}

/** What listening in a namespace needs. */
export interface InsideSetup {
  readonly nsenter: Binary;
  readonly powers: ExecPowers;
  /** The agent's own. */
  readonly uid: number | undefined;
}

/** The script beside this one: TypeScript in a checkout, JavaScript in a package. */
const script = fileURLToPath(new URL(`./listen-inside${extname(import.meta.filename)}`, import.meta.url));
const startTimeoutMs = 30_000;

/**
 * Listens in the network namespace of a process, without a process that stays there: nothing but that namespace can
 * reach the sockets, which are the agent's and end with it. For each place the server, or why there is none.
 */
export async function listenInside(
  pid: number,
  places: readonly InsideAddress[],
  setup: InsideSetup,
): Promise<readonly (Server | string)[]> {
  const own = ['--user', '--preserve-credentials', '--net'];
  // As root it keeps its privileges, and so may use ports below 1024; in a container root may lack what that takes.
  const ways = setup.uid === 0 ? [['--net'], own] : [own];
  let last: unknown;
  for (const way of ways) {
    try {
      return await listenBy([...way, '--target', String(pid)], places, setup);
    } catch (cause) {
      last = cause;
    }
  }
  throw last;
}

async function listenBy(
  way: readonly string[],
  places: readonly InsideAddress[],
  { nsenter, powers }: InsideSetup,
): Promise<readonly (Server | string)[]> {
  const args = [
    ...way,
    '--',
    process.execPath,
    script,
    String(process.pid),
    ...places.map(({ address, port }) => `${address} ${port}`),
  ];
  const child = withCoveredDescriptors(['ignore', 'ignore', 'ignore'], (stdio) =>
    // IPC takes a descriptor after the covered ones; `advanced` and handles are Node's own protocol, spoken with our own script.
    powers.spawn(nsenter.path, args, {
      stdio: [...stdio, 'ipc'],
      env: { ...ownNodeEnvironment() },
      cwd: '/',
      timeout: startTimeoutMs,
    }),
  );
  const exited = exitOf(child);
  const answers = new Map<number, Server | string>();
  await Promise.race([collect(child, { answers, count: places.length }), exited]);
  if (child.connected) child.disconnect();
  // Until it is gone it might take connections.
  const { code, signal, error } = await exited;
  if (answers.size === places.length) return [...answers].toSorted(([a], [b]) => a - b).map(([, answer]) => answer);
  for (const answer of answers.values()) if (answer instanceof Server) answer.close();
  const why = error?.message ?? signal ?? `exit code ${code}`;
  throw new CallFailure('FAILED', `the program's egress can't be set up: ${why}`);
}

/** Takes the answers in, until all are there. */
function collect(
  child: ChildProcess,
  { answers, count }: { readonly answers: Map<number, Server | string>; readonly count: number },
): Promise<void> {
  return new Promise((resolve) => {
    child.on('error', () => undefined);
    child.on('message', (message, handle) => {
      // The script says nothing else.
      const { index, problem = 'no socket came' } = message as ListenAnswer;
      answers.set(index, handle instanceof Server ? handle : problem);
      if (answers.size === count) resolve();
    });
  });
}
