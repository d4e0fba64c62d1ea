import type { Json, JsonObject } from '../../../schemas/index.ts';
import type { Authorized, Recheck } from '../../grants/api.ts';
import { requireAuthorized } from '../../grants/brand.ts';
import { CallFailure, type CallScope, type Operation } from '../capability.ts';
import { startDeadline } from '../deadline.ts';
import {
  checkSsh,
  demandAt,
  deniesSsh,
  endpointOf,
  type HostArgs,
  hostArgsSchema,
  type SshDemand,
  type SshNeed,
} from './call.ts';
import { findHost, openConnection, type SshConnection } from './connection.ts';
import { calledLogin } from './login.ts';
import type { SshPowers } from './powers.ts';
import type { SshEffective, SshRule } from './rule.ts';

export type SshOperation<Args> = Operation<SshRule, SshEffective, Args, SshDemand>;

/** An operation of this capability, as its file defines it. */
export interface SshOperationParts<Args extends HostArgs> {
  /** Beside those of the host. */
  readonly properties: JsonObject;
  readonly required: readonly string[];
  readonly needs: (args: Args) => readonly SshNeed[];
  /** Where neither the call nor an entry says one; undefined: until the step's own deadline. */
  readonly timeout_ms: number | undefined;
  /** Checks what can be checked before anything is connected to. */
  readonly prepare?: (call: Pick<SshCall<Args>, 'args' | 'authorized' | 'scope'>) => void;
  readonly perform: (call: SshCall<Args>) => Promise<Json>;
}

/** A call under way. */
export interface SshCall<Args> {
  readonly args: Args;
  readonly authorized: Authorized<Args, SshEffective>;
  readonly effective: SshEffective;
  readonly scope: CallScope;
  readonly connection: SshConnection;
  /** Of the call and of its invocation. */
  readonly signal: AbortSignal;
  /** Throws the denial, unless the grant meets this need too. */
  require(need: SshNeed): void;
  /** Whether the grant meets this need too. */
  allows(need: SshNeed): boolean;
}

/** Makes the operations with what they reach the network with. */
export type MakeSshOperation = <Args extends HostArgs>(parts: SshOperationParts<Args>) => SshOperation<Args>;

/** More than a week; below 2^31 - 1 ms, at which Node's timers overflow. */
const noTimeoutMs = 2_000_000_000;

/** Puts around each operation what all of them need: the brand, the check, the time, the connection and its end. */
export function sshOperations(powers: SshPowers): MakeSshOperation {
  return (parts) => ({
    argsSchema: {
      type: 'object',
      additionalProperties: false,
      required: ['host', ...parts.required],
      properties: { ...hostArgsSchema, ...parts.properties },
    },
    demands: (args) => parts.needs(args).map((need) => demandAt(args, need)),
    check: checkSsh,
    denies: deniesSsh,
    async perform(authorized, scope) {
      requireAuthorized(authorized);
      const { args } = authorized;
      parts.prepare?.({ args, authorized, scope });
      const login = calledLogin(args, scope.secrets);
      using deadline = startDeadline(args.timeout_ms ?? parts.timeout_ms ?? noTimeoutMs);
      const signal = AbortSignal.any([scope.signal, deadline.signal]);
      try {
        const host = await findHost({
          endpoint: endpointOf(args),
          effective: authorized.effective,
          ask: (found) => authorized.recheck(...parts.needs(args).map((need) => demandAt(args, need, found))),
          signal,
          powers,
        });
        const { effective } = host;
        deadline.atMost(effective.limits.time);
        await using connection = await openConnection({ host, user: args.user, login, scope, signal });
        const again = (need: SshNeed): Recheck => authorized.recheck(demandAt(args, need, connection.route));
        const onKill = (): void => connection.fail(new CallFailure('CANCELLED', 'the step was ended'));
        scope.kill?.addEventListener('abort', onKill, { once: true });
        const answer = await parts.perform({
          args,
          authorized,
          effective,
          scope,
          connection,
          signal,
          allows: (need) => again(need).kind === 'allowed',
          require(need) {
            const answer = again(need);
            if (answer.kind === 'allowed') return;
            const { message, rule, remedy } = answer.denial;
            throw new CallFailure('DENIED', message, { rule, remedy });
          },
        });
        scope.kill?.removeEventListener('abort', onKill);
        signal.throwIfAborted();
        return answer;
      } catch (cause) {
        if (scope.signal.aborted) throw new CallFailure('CANCELLED', 'the step is being cancelled');
        if (deadline.signal.aborted) {
          throw new CallFailure('TIMEOUT', `${args.host} took longer than ${deadline.limit_ms} ms`);
        }
        throw cause;
      }
    },
  });
}
