import type { Json } from '../../../../schemas/index.ts';
import { veilText } from '../../veil.ts';
import type { ContainerIdArgs, LogsArgs, StartArgs, StatusArgs, WaitArgs } from '../call.ts';
import { makeContainer } from '../container.ts';
import { within } from '../deadline.ts';
import { containerDemands, handleDemands } from '../demands-of-calls.ts';
import { require } from '../image.ts';
import type { DockerEffective, DockerOperation } from '../rule.ts';
import { requireSecretsOf } from '../secrets.ts';
import { type ContainerRecord, findContainer } from '../session.ts';
import { openSinks, pump } from '../streams.ts';
import { type DockerCallContext, type DockerHostCall, type DockerMachinery, dockerOperation } from './machinery.ts';
import { inspect, sendSignal, waitFor } from './run.ts';

/** `docker.start`: a container that goes on beside the step and those after it, until it is removed or the run ends. */
export function startOperation(machinery: DockerMachinery): DockerHostCall<StartArgs> {
  return dockerOperation('start', machinery, {
    image: ({ image }) => image,
    demands: containerDemands,
    async perform({ authorized, scope, session }): Promise<Json> {
      const { logins, powers } = machinery;
      const made = await makeContainer({ authorized, scope, session, logins, life: 'detached', stdin: 'none' });
      const { record, limits } = made;
      try {
        await made.start();
      } catch (cause) {
        await session.removeContainer(record);
        made.letGo();
        throw cause;
      }
      // Rejects when it is removed before.
      void powers.pause(limits.time_ms, record.gone.signal).then(
        () => sendSignal(session.daemon.engine, record, 'SIGKILL').catch(() => undefined),
        () => undefined,
      );
      return { container: record.id, image: record.image_id, digests: record.digests };
    },
  });
}

/** The container that a call names, if this plugin made it and may do this with its image, and what holds for that. */
function requireContainer(
  { authorized, args, scope, session }: DockerCallContext<ContainerIdArgs>,
  operation: DockerOperation,
): { readonly record: ContainerRecord; readonly effective: DockerEffective } {
  const record = findContainer(session, args.container, scope);
  const effective = require(authorized, { kind: 'image', operation, image: record.image });
  scope.audit.note({ container: record.id });
  return { record, effective };
}

/** `docker.wait`: until it ends by itself. */
export function waitOperation(machinery: DockerMachinery): DockerHostCall<WaitArgs> {
  return dockerOperation<WaitArgs>('wait', machinery, {
    demands: handleDemands('run'),
    async perform(call): Promise<Json> {
      const { args, scope, session } = call;
      const { record, effective } = requireContainer(call, 'run');
      const { time_ms } = effective.limits;
      const end = await within(scope, {
        doing: 'waiting for the container',
        timeout_ms: Math.min(time_ms, args.timeout_ms ?? time_ms),
        act: (signal) => waitFor(session.daemon.engine, record, 'not-running', signal).end,
      });
      const exitCode = end.kind === 'exited' ? end.code : null;
      scope.audit.note({ exit_code: exitCode });
      return { exit_code: exitCode };
    },
  });
}

/** `docker.status`: how it is. */
export function statusOperation(machinery: DockerMachinery): DockerHostCall<StatusArgs> {
  return dockerOperation<StatusArgs>('status', machinery, {
    demands: ({ under = 'run' }) => [{ kind: 'operation', operation: under }],
    async perform(call): Promise<Json> {
      const { record } = requireContainer(call, call.args.under ?? 'run');
      const { status, exit_code, out_of_memory, health } = await inspect(call.session.daemon.engine, record);
      return { status, exit_code, out_of_memory, image: record.image_id, ...(health === undefined ? {} : { health }) };
    },
  });
}

/** `docker.remove`: ends it and removes it. */
export function removeOperation(machinery: DockerMachinery): DockerHostCall<ContainerIdArgs> {
  return dockerOperation('remove', machinery, {
    demands: handleDemands('run'),
    async perform(call): Promise<Json> {
      await call.session.removeContainer(requireContainer(call, 'run').record);
      return null;
    },
  });
}

/** `docker.logs`: what it has written so far. */
export function logsOperation(machinery: DockerMachinery): DockerHostCall<LogsArgs> {
  return dockerOperation<LogsArgs>('logs', machinery, {
    demands: handleDemands('logs'),
    async perform(call): Promise<Json> {
      const { authorized, args, scope, session } = call;
      const { record, effective } = requireContainer(call, 'logs');
      requireSecretsOf(record, effective);
      const sinks = openSinks({ stdout: 'capture', stderr: 'capture', ...args }, { asking: authorized, scope });
      try {
        await within(scope, {
          doing: 'reading the log of the container',
          timeout_ms: effective.limits.time_ms,
          async act(signal) {
            const query = { stdout: '1', stderr: '1', tail: args.tail === undefined ? 'all' : String(args.tail) };
            const path = `/containers/${record.id}/logs`;
            await pump(await session.daemon.engine.stream({ method: 'GET', path, query, signal }), sinks);
          },
        });
        const stdout = sinks.stdout.commit();
        const stderr = sinks.stderr.commit();
        const shown = (bytes: Buffer): string => veilText(bytes.toString(), scope.secrets, record.secrets);
        return {
          ...(stdout === undefined ? {} : { stdout: shown(stdout) }),
          ...(stderr === undefined ? {} : { stderr: shown(stderr) }),
        };
      } catch (cause) {
        sinks.stdout.discard();
        sinks.stderr.discard();
        throw cause;
      }
    },
  });
}
