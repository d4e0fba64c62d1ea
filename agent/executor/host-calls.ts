import { CallFailure, type CallScope, type SecretVault } from '../../runtime/capabilities/capability.ts';
import { type Authorized, authorize, perform } from '../../runtime/grants/index.ts';
import type { HostCall, HostCallAnswer, HostCallHandler } from '../../runtime/host-call.ts';
import {
  assertNever,
  type HostCallCounts,
  type JsonObject,
  type WaterflowError,
  WaterflowFailure,
} from '../../schemas/index.ts';
import { createSlots } from '../workspace/index.ts';
import { inTurn, type MeteredPowers, spendOnAnswer, spendOnCall } from './metered-calls.ts';
import { eventOf, recordCall, type RecordPowers, reportCall } from './host-call-record.ts';

/** What the host calls of one invocation need. */
export interface HostCallPowers extends RecordPowers, MeteredPowers {
  /** The scope of one call of this invocation. */
  readonly scopeFor: (call: Pick<CallScope, 'audit' | 'signal'>) => CallScope;
  /** Called once when the record can't be written: no call is made any more, and the step must end. */
  readonly broken: (error: WaterflowError) => void;
}

/** The host calls of one invocation. */
export interface HostCalls {
  readonly handle: HostCallHandler;
  counts(): HostCallCounts;
  /** Names of the secrets whose values went out with calls so far. */
  secretsUsed(): readonly string[];
  /** Settles when no call is being carried out any more. */
  settled(): Promise<void>;
}

/** Calls of one invocation that are carried out at the same time; more wait. A guest can submit thousands at once. */
const parallelCalls = 64;

/** Each call: authorize, record, carry out, record what came of it. */
export function createHostCalls(powers: HostCallPowers): HostCalls {
  const slots = createSlots(parallelCalls);
  const running = new Set<Promise<HostCallAnswer>>();
  const secretsUsed = new Set<string>();
  let allowed = 0;
  let denied = 0;

  const handle: HostCallHandler = async (call, signal) => {
    const free = await slots.take();
    try {
      // It waited for a slot for longer than the invocation lasted.
      if (signal.aborted) {
        return { error: { code: 'CANCELLED', message: 'the step is over' } };
      }
      const over = spendOnCall(powers, call);
      if (over !== undefined) {
        return over;
      }
      const authorization = authorize(powers.grant, call);
      if (authorization.kind === 'allowed') {
        allowed += 1;
      } else {
        denied += 1;
      }
      const sequence = recordCall(powers, call, authorization);
      reportCall(powers, call, authorization);
      switch (authorization.kind) {
        case 'allowed': {
          const answer = await carryOut(powers, {
            call,
            sequence,
            authorized: authorization.authorized,
            signal,
            secretsUsed,
          });
          if ('denied' in answer) {
            allowed -= 1;
            denied += 1;
          }
          return answer;
        }
        case 'denied':
          return { denied: authorization.denial };
        case 'invalid':
          return { error: { code: authorization.code, message: authorization.message } };
        default:
          return assertNever(authorization);
      }
    } catch (error) {
      const broken = errorOf(error);
      powers.broken(broken);
      return { error: { code: broken.code, message: broken.message } };
    } finally {
      free();
    }
  };

  return {
    handle: (call, signal) => {
      const answer = handle(call, signal);
      running.add(answer);
      void answer.finally(() => running.delete(answer));
      return answer;
    },
    counts: () => ({ allowed, denied }),
    secretsUsed: () => [...secretsUsed],
    settled: async () => {
      while (running.size > 0) {
        await Promise.allSettled(running);
      }
    },
  };
}

interface AllowedCall {
  readonly call: HostCall;
  readonly sequence: number;
  readonly authorized: Authorized;
  readonly signal: AbortSignal;
  /** Of the whole invocation. */
  readonly secretsUsed: Set<string>;
}

async function carryOut(powers: HostCallPowers, allowed: AllowedCall): Promise<HostCallAnswer> {
  const { clock } = powers;
  const startedAt = clock.now();
  let facts: JsonObject = {};
  const audit = {
    note: (more: JsonObject) => {
      facts = { ...facts, ...more };
    },
  };
  const secrets = new Set<string>();
  const answer = await inTurn(powers, allowed, () =>
    answerOf(powers, allowed, { audit, used: (name) => secrets.add(name) }),
  );
  const result = 'ok' in answer ? 'ok' : 'denied' in answer ? 'denied' : 'error';
  if ('denied' in answer) {
    const { rule, remedy, message } = answer.denied;
    audit.note({ rule, message });
    powers.onHostCall({ ...eventOf(powers, allowed.call), decision: 'denied', rule, remedy });
  }
  const bytes = Buffer.byteLength(JSON.stringify(answer));
  spendOnAnswer(powers, bytes, facts);
  powers.audit.result({
    at: clock.now(),
    call: allowed.sequence,
    result,
    duration_ms: clock.now() - startedAt,
    bytes,
    ...(secrets.size > 0 ? { secrets: [...secrets] } : {}),
    // A JSON object stays one.
    ...(Object.keys(facts).length > 0 ? { facts: powers.redactor.json(facts) as JsonObject } : {}),
  });
  return answer;
}

async function answerOf(
  powers: HostCallPowers,
  { authorized, signal, secretsUsed }: AllowedCall,
  call: { readonly audit: CallScope['audit']; readonly used: (name: string) => void },
): Promise<HostCallAnswer> {
  try {
    const scope = powers.scopeFor({ audit: call.audit, signal });
    const secrets = watchedVault(scope.secrets, (name) => {
      secretsUsed.add(name);
      call.used(name);
    });
    return { ok: await perform(authorized, { ...scope, secrets }) };
  } catch (error) {
    return failureAnswer(error, (text) => powers.redactor.text(text));
  }
}

/** Tells whose values are put in the place of placeholders. */
function watchedVault(vault: SecretVault, used: (name: string) => void): SecretVault {
  return {
    ...vault,
    reveal: (text, allowed) => {
      const revealed = vault.reveal(text, allowed);
      for (const name of revealed.used) {
        used(name);
      }
      return revealed;
    },
  };
}

function failureAnswer(error: unknown, redact: (text: string) => string): HostCallAnswer {
  if (!(error instanceof CallFailure)) {
    return { error: { code: 'FAILED', message: redact(error instanceof Error ? error.message : String(error)) } };
  }
  if (error.code !== 'DENIED') {
    // An error has no field for it on the wire.
    const told = error.remedy === undefined ? error.message : `${error.message}. ${error.remedy}`;
    return { error: { code: error.code, message: redact(told) } };
  }
  const message = redact(error.message);
  const remedy = error.remedy ?? 'Change the call, or what grants it.';
  return { denied: { code: 'DENIED', rule: error.rule ?? 'the call as it was carried out', message, remedy } };
}

function errorOf(error: unknown): WaterflowError {
  if (error instanceof WaterflowFailure) {
    return error.error;
  }
  return {
    code: 'INTERNAL',
    message: `a host call could not be decided or recorded: ${error instanceof Error ? error.message : String(error)}`,
    remedy: 'Report this with the audit log of the run.',
  };
}
