import { chmodSync, closeSync, constants, openSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Logger } from 'winston';
import { type AbsolutePath, WaterflowFailure } from '../../schemas/index.ts';
import { hasRoom } from './agent-room.ts';

/** How an agent is, in the form of a server's `/readyz`. */
export interface AgentHealth {
  readonly agent: string;
  /** Whether it takes jobs. */
  readonly status: 'ready' | 'not_ready';
  /** What keeps it from that. */
  readonly missing: readonly { readonly part: 'agent' | 'temporal' | 'storage'; readonly reason: string }[];
}

/** In the state folder, which is for the agent's user alone. */
const socketName = 'health.sock';
/** Longer than Temporal takes that is well, and shorter than whoever asks waits. */
const answerMs = 3000;

/** What is asked of an agent that runs. */
export interface HealthParts {
  readonly agent: string;
  readonly stateDir: AbsolutePath;
  /** Aborted once the agent is to stop. */
  readonly stopping: AbortSignal;
  readonly log: Logger;
}

/** Answers whoever asks on this machine how the agent is. */
export interface HealthService extends Disposable {
  /** Temporal was reached; `check` rejects where it doesn't answer any more. */
  connected(check: () => Promise<unknown>): void;
}

/** Begins to answer, also before Temporal is reached. Where that can't be, the log says so, and the agent goes on without. */
export function serveHealth({ agent, stateDir, stopping, log }: HealthParts): HealthService {
  let check: (() => Promise<unknown>) | undefined;
  const look = async (): Promise<AgentHealth> => {
    const missing = [
      ...(stopping.aborted ? [{ part: 'agent', reason: 'the agent is stopping' } as const] : []),
      ...(await temporalMissing(check)),
      ...((await hasRoom(stateDir))
        ? []
        : [{ part: 'storage', reason: 'the disk of the state folder is full' } as const]),
    ];
    return { agent, status: missing.length === 0 ? 'ready' : 'not_ready', missing };
  };
  const server = createServer((socket: Socket) => {
    // Whoever is gone needs no answer.
    socket.on('error', () => {});
    void look().then((health) => socket.end(`${JSON.stringify(health)}\n`));
  });
  const place = openPlace(stateDir);
  server.on('error', (cause) => log.warn('`waterflow agent health` gets no answer here', { reason: cause.message }));
  rmSync(join(stateDir, socketName), { force: true });
  server.listen(place.path, () => chmodSync(join(stateDir, socketName), 0o600));
  server.on('close', () => place[Symbol.dispose]());
  server.unref();
  return {
    connected: (how) => {
      check = how;
    },
    [Symbol.dispose]: () => void server.close(),
  };
}

async function temporalMissing(check: (() => Promise<unknown>) | undefined): Promise<AgentHealth['missing']> {
  if (check === undefined) return [{ part: 'temporal', reason: 'Temporal has not been reached yet' }];
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('late')), answerMs);
  });
  try {
    await Promise.race([check(), late]);
    return [];
  } catch {
    return [{ part: 'temporal', reason: 'Temporal does not answer; the log has more' }];
  } finally {
    clearTimeout(timer);
  }
}

/** Asks the agent that uses a state folder. Throws WaterflowFailure SERVER_UNAVAILABLE where none answers within `withinMs`. */
export async function askHealth(stateDir: AbsolutePath, withinMs: number): Promise<AgentHealth> {
  try {
    using place = openPlace(stateDir);
    const socket = connect(place.path);
    using _late = lateAfter(socket, withinMs);
    // The agent's own words: both are of one package.
    return JSON.parse(await text(socket)) as AgentHealth;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WaterflowFailure(
      {
        code: 'SERVER_UNAVAILABLE',
        message: `no agent answers in the state folder ${stateDir}: ${reason}`,
        remedy:
          'Name the folder of the agent by --state or WATERFLOW_STATE_DIR, and ask as its user. If it runs, look at its log.',
      },
      { cause },
    );
  }
}

function lateAfter(socket: Socket, ms: number): Disposable {
  const timer = setTimeout(() => socket.destroy(new Error(`no answer within ${ms} ms`)), ms);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

/** The socket's address. One of more than 107 bytes there can't be, and folders may have longer names: so it is named by its open folder. */
function openPlace(stateDir: AbsolutePath): Disposable & { readonly path: string } {
  const folder = openSync(stateDir, constants.O_RDONLY | constants.O_DIRECTORY);
  return {
    path: process.platform === 'linux' ? `/proc/self/fd/${folder}/${socketName}` : join(stateDir, socketName),
    [Symbol.dispose]: () => closeSync(folder),
  };
}
