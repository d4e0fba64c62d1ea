import type { Socket } from 'node:net';
import { finished } from 'node:stream/promises';
import type { Json } from '../../../../schemas/index.ts';
import type { ProgramEnd } from '../../exec/program.ts';
import { veilText } from '../../veil.ts';
import type { ExecInArgs } from '../call.ts';
import { requireUncancelled } from '../deadline.ts';
import { askedLimits, handleDemands } from '../demands-of-calls.ts';
import { require } from '../image.ts';
import { Revealer, requireSecretsOf } from '../secrets.ts';
import { findContainer } from '../session.ts';
import { type ContainerProgram, followToEnd, openInput, openSinks } from '../streams.ts';
import { integerOf, objectOf, textOf } from '../wire/answers.ts';
import type { Engine } from '../wire/client.ts';
import { EngineError } from '../wire/errors.ts';
import { type DockerCallContext, type DockerHostCall, type DockerMachinery, dockerOperation } from './machinery.ts';

/** `docker.exec`: a program in a container that the plugin started. */
export function execInOperation(machinery: DockerMachinery): DockerHostCall<ExecInArgs> {
  return dockerOperation('exec', machinery, { demands: handleDemands('exec'), perform: performExecIn });
}

async function performExecIn(call: DockerCallContext<ExecInArgs>): Promise<Json> {
  const { authorized, args, scope, session, machinery } = call;
  const record = findContainer(session, args.container, scope);
  // By the rules for this image: those that let `exec` happen at all may trust another with more.
  const effective = require(authorized, {
    kind: 'container',
    operation: 'exec',
    image: record.image,
    uses: {
      // What the container has was granted to whoever started it; a program in it has that too.
      ...record.uses,
      user: args.user === undefined ? record.uses.user : 'other',
      ports: [],
      limits: askedLimits(undefined, args.timeout_ms),
    },
  });
  requireSecretsOf(record, effective);
  requireUncancelled(scope);
  const { time_ms } = effective.limits;
  const { engine } = session.daemon;
  const secrets = new Revealer(effective, scope);
  using input = openInput(args.stdin, { asking: authorized, scope, reveal: (text) => secrets.reveal(text) });
  const made = objectOf(
    await engine.ask({
      method: 'POST',
      path: `/containers/${record.id}/exec`,
      json: {
        Cmd: args.command,
        Env: secrets.environment(args.env),
        AttachStdin: input !== undefined,
        AttachStdout: true,
        AttachStderr: true,
        Tty: false,
        Privileged: false,
        ...(args.user === undefined ? {} : { User: args.user }),
        ...(args.workdir === undefined ? {} : { WorkingDir: args.workdir }),
      },
    }),
    'exec',
  );
  const id = textOf(made['Id'], 'id');
  if (!/^[0-9a-f]{64}$/u.test(id)) throw new EngineError(0, 'the daemon gave an exec an id that is none');
  scope.audit.note({ container: record.id, ...secrets.noted });
  const sinks = openSinks(args, { asking: authorized, scope });
  let socket: Socket;
  try {
    socket = await engine.hijack({ method: 'POST', path: `/exec/${id}/start`, json: { Detach: false, Tty: false } });
  } catch (cause) {
    sinks.stdout.discard();
    sinks.stderr.discard();
    throw cause;
  }
  input?.feed(socket);
  let removed: Promise<void> | undefined;
  const remove = (): Promise<void> => {
    removed ??= session.removeContainer(record);
    return removed;
  };
  const program = execProgram(engine, { id, socket, remove });
  const following = followToEnd({
    program,
    socket,
    sinks,
    timeout_ms: Math.min(time_ms, args.timeout_ms ?? time_ms),
    scope,
    powers: machinery.powers,
  });
  // Answers when the container is gone, where it had to go.
  await following.catch(() => removed);
  const { end, stdout, stderr } = await following;
  scope.audit.note({ exit_code: end.code });
  const used = [...record.secrets, ...secrets.used];
  const shown = (bytes: Buffer): string => veilText(bytes.toString(), scope.secrets, used);
  return {
    exit_code: end.code,
    ...(stdout === undefined ? {} : { stdout: shown(stdout) }),
    ...(stderr === undefined ? {} : { stderr: shown(stderr) }),
  };
}

/** Docker has no way to end a program in a container but to end the container, so that is what happens, and at once. */
function execProgram(
  engine: Engine,
  { id, socket, remove }: { readonly id: string; readonly socket: Socket; readonly remove: () => Promise<void> },
): ContainerProgram {
  const ended = finished(socket, { writable: false })
    .catch(() => undefined)
    .then(async (): Promise<ProgramEnd> => {
      const found = objectOf(await engine.ask({ method: 'GET', path: `/exec/${id}/json` }), 'exec');
      if (found['Running'] === true) return { kind: 'not started', why: 'the connection to it broke' };
      return { kind: 'exited', code: integerOf(found['ExitCode'], 'exit code') };
    })
    // The container went away under it.
    .catch((cause: unknown): ProgramEnd => ({ kind: 'not started', why: cause instanceof Error ? cause.message : '' }));
  return { signal: () => void remove().catch(() => undefined), kill: remove, ended };
}
