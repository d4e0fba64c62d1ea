import type { Json } from '../../../../schemas/index.ts';
import { CallFailure } from '../../capability.ts';
import { killWaitMs, type ProgramEnd } from '../../exec/program.ts';

import { veilText } from '../../veil.ts';
import type { RunArgs } from '../call.ts';
import { type Made, makeContainer } from '../container.ts';
import { containerDemands } from '../demands-of-calls.ts';
import { Revealer } from '../secrets.ts';
import type { ContainerRecord } from '../session.ts';
import { type ContainerProgram, type Finished, followToEnd, openInput, openSinks } from '../streams.ts';
import { integerOf, objectOf } from '../wire/answers.ts';
import type { Engine } from '../wire/client.ts';
import { chunksOf, EngineError } from '../wire/errors.ts';
import { type DockerCallContext, type DockerHostCall, type DockerMachinery, dockerOperation } from './machinery.ts';

/** `docker.run`: a program in a container of its own, from making it to removing it. */
export function runOperation(machinery: DockerMachinery): DockerHostCall<RunArgs> {
  return dockerOperation('run', machinery, {
    image: ({ image }) => image,
    demands: containerDemands,
    perform: performRun,
  });
}

async function performRun(call: DockerCallContext<RunArgs>): Promise<Json> {
  const { authorized, args, scope, session, machinery } = call;
  const secrets = new Revealer(authorized.effective, scope);
  using input = openInput(args.stdin, { asking: authorized, scope, reveal: (text) => secrets.reveal(text) });
  const { logins } = machinery;
  const made = await makeContainer({
    authorized,
    scope,
    session,
    logins,
    life: 'attached',
    stdin: input === undefined ? 'none' : 'open',
  });
  const { record } = made;
  let finished: Finished;
  let state: ContainerState;
  try {
    finished = await runToEnd(call, made, input);
    state = await stateAtEnd(call, record, finished.end);
  } finally {
    // Also where the call fails: it answers when the container is gone.
    await session.removeContainer(record);
    made.letGo();
  }
  const { end, stdout, stderr } = finished;
  scope.audit.note({
    exit_code: end.code,
    bytes: (stdout?.length ?? 0) + (stderr?.length ?? 0),
    ...(state.out_of_memory ? { out_of_memory: true } : {}),
  });
  const used = [...record.secrets, ...secrets.used];
  const shown = (bytes: Buffer): string => veilText(bytes.toString(), scope.secrets, used);
  return {
    exit_code: end.code,
    out_of_memory: state.out_of_memory,
    image: record.image_id,
    digests: record.digests,
    ...(stdout === undefined ? {} : { stdout: shown(stdout) }),
    ...(stderr === undefined ? {} : { stderr: shown(stderr) }),
  };
}

async function runToEnd(
  { authorized, args, scope, session, machinery }: DockerCallContext<RunArgs>,
  made: Made,
  input: ReturnType<typeof openInput>,
): Promise<Finished> {
  const { record, limits } = made;
  const { engine } = session.daemon;
  const path = `/containers/${record.id}`;
  const query = { stream: '1', stdout: '1', stderr: '1', ...(input === undefined ? {} : { stdin: '1' }) };
  const socket = await engine.hijack({ method: 'POST', path: `${path}/attach`, query });
  try {
    const sinks = openSinks(args, { asking: authorized, scope });
    try {
      const ended = waitFor(engine, record, 'next-exit');
      await ended.begun;
      await made.start();
      input?.feed(socket);
      return await followToEnd({
        program: containerProgram(engine, record, ended.end),
        socket,
        sinks,
        timeout_ms: limits.time_ms,
        scope,
        powers: machinery.powers,
      });
    } catch (cause) {
      // Does nothing where they are settled.
      sinks.stdout.discard();
      sinks.stderr.discard();
      throw cause;
    }
  } finally {
    socket.destroy();
  }
}

/** Waits for the end of a container. `begun` resolves when the daemon will tell of it. */
export function waitFor(
  engine: Engine,
  record: ContainerRecord,
  condition: 'next-exit' | 'not-running',
  signal?: AbortSignal,
): { readonly begun: Promise<void>; readonly end: Promise<ProgramEnd> } {
  const answering = engine.stream({
    method: 'POST',
    path: `/containers/${record.id}/wait`,
    query: { condition },
    ...(signal === undefined ? {} : { signal }),
  });
  const end = answering.then(async (body): Promise<ProgramEnd> => {
    const chunks: Buffer[] = [];
    for await (const chunk of chunksOf(body)) chunks.push(chunk);
    return endOf(Buffer.concat(chunks).toString());
  });
  // Whoever waits for it sees it; nobody may be waiting.
  end.catch(() => undefined);
  const begun = answering.then(() => undefined);
  begun.catch(() => undefined);
  return { begun, end };
}

function endOf(text: string): ProgramEnd {
  try {
    const answer = objectOf(JSON.parse(text), 'end of the container');
    return { kind: 'exited', code: integerOf(answer['StatusCode'], 'exit code') };
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw new EngineError(0, 'the daemon stopped waiting for the container');
  }
}

/** What a shell calls a program that SIGKILL ended: 128 and the signal's number. */
const killedCode = 137;

/** The daemon may learn that the kernel ended a container for its memory after it told of the end: so often it is asked again, and so long after the last time. */
const asksAgain = 4;
const askAgainMs = 250;

/** How a container was at its end. */
async function stateAtEnd(
  { session, machinery }: DockerCallContext<RunArgs>,
  record: ContainerRecord,
  end: ProgramEnd,
): Promise<ContainerState> {
  let state = await inspect(session.daemon.engine, record);
  if (end.kind !== 'exited' || end.code !== killedCode) return state;
  for (let asked = 0; asked < asksAgain && !state.out_of_memory; asked += 1) {
    await machinery.powers.pause(askAgainMs);
    state = await inspect(session.daemon.engine, record);
  }
  return state;
}

/** A container as a program that can be told to end. */
function containerProgram(engine: Engine, record: ContainerRecord, ended: Promise<ProgramEnd>): ContainerProgram {
  return {
    // As Docker does: what runs as the first process of a container mostly knows SIGTERM only.
    signal: () => void sendSignal(engine, record, 'SIGTERM').catch(() => undefined),
    async kill() {
      await sendSignal(engine, record, 'SIGKILL');
      const timeout = AbortSignal.timeout(killWaitMs);
      const late = Promise.withResolvers<never>();
      timeout.addEventListener('abort', () => late.reject(new EngineError(0, 'the container can not be killed')));
      await Promise.race([ended, late.promise]);
    },
    ended,
  };
}

/** A container that doesn't run any more, or isn't there, needs none. */
export async function sendSignal(
  engine: Engine,
  record: ContainerRecord,
  signal: 'SIGTERM' | 'SIGKILL',
): Promise<void> {
  try {
    await engine.ask({ method: 'POST', path: `/containers/${record.id}/kill`, query: { signal } });
  } catch (cause) {
    if (!(cause instanceof EngineError) || (cause.status !== 404 && cause.status !== 409)) throw cause;
  }
}

/** What the daemon says of a container. */
export interface ContainerState {
  readonly status: string;
  readonly exit_code: number;
  readonly out_of_memory: boolean;
  readonly health: string | undefined;
}

/** Asks for it. */
export async function inspect(engine: Engine, record: ContainerRecord): Promise<ContainerState> {
  const found = objectOf(await engine.ask({ method: 'GET', path: `/containers/${record.id}/json` }), 'container');
  const state = objectOf(found['State'], 'state');
  const { Status: status, Health: health } = state;
  const healthStatus =
    typeof health === 'object' && health !== null && 'Status' in health ? health['Status'] : undefined;
  if (typeof status !== 'string') throw new CallFailure('FAILED', 'the daemon does not say how the container is');
  return {
    status,
    exit_code: integerOf(state['ExitCode'], 'exit code'),
    out_of_memory: state['OOMKilled'] === true,
    health: typeof healthStatus === 'string' ? healthStatus : undefined,
  };
}
