import type { InvocationOutcome, Supervisor, SupervisorPowers } from '../../runtime/supervisor/index.ts';
import type { ErrorCode } from '../../schemas/index.ts';

/** What becomes of sandbox hosts, for whoever counts. Must not throw. */
export interface SandboxEvents {
  /** A process was started for plugins. */
  readonly sandboxStarted: () => void;
  /** A plugin was ended by force, because of the limit that has this code. */
  readonly sandboxKilled: (kill: { readonly reason: string }) => void;
}

/** Ends of invocations after which their host is killed. */
const forced: ReadonlySet<ErrorCode> = new Set(['TIMEOUT', 'OUT_OF_MEMORY', 'LIMIT_EXCEEDED', 'SANDBOX_CRASHED']);

/** A supervisor's powers that tell of each process. */
export function tellingPowers(powers: SupervisorPowers, { sandboxStarted }: SandboxEvents): SupervisorPowers {
  return {
    ...powers,
    spawn: (command, argv, options) => {
      const child = powers.spawn(command, argv, options);
      child.once('spawn', sandboxStarted);
      return child;
    },
  };
}

/** A supervisor that tells of each plugin that was ended by force. */
export function tellingSupervisor(supervisor: Supervisor, { sandboxKilled }: SandboxEvents): Supervisor {
  return {
    level: supervisor.level,
    missing: supervisor.missing,
    hosts: () => supervisor.hosts(),
    invoke: async (request): Promise<InvocationOutcome> => {
      const outcome = await supervisor.invoke(request);
      if (outcome.kind === 'failed' && forced.has(outcome.error.code)) sandboxKilled({ reason: outcome.error.code });
      return outcome;
    },
    [Symbol.asyncDispose]: () => supervisor[Symbol.asyncDispose](),
  };
}
