import { CallFailure, type CallScope, type SecretVault } from '../../runtime/capabilities/capability.ts';
import { type Authorized, authorize } from '../../runtime/grants/index.ts';
import { answerText, type HostCall, type HostCallAnswer, type HostCallHandler } from '../../runtime/host-call.ts';
import { assertNever, type HostCallCounts, type JsonObject, outOfRoom } from '../../schemas/index.ts';
import { createSlots } from '../workspace/index.ts';
import {
  type CallCounter,
  createCallCounter,
  decisionOf,
  eventOf,
  recordCall,
  reportCall,
} from './host-call-record.ts';
import { errorOf, type InnerCallPowers, innerCalls } from './inner-calls.ts';
import { inTurn, spendOnAnswer, spendOnCall, startsProgram } from './metered-calls.ts';
import type { PerformCall } from './options.ts';
import { toldToGuest } from './told-to-guest.ts';

/** What the host calls of one invocation need. */
export interface HostCallPowers extends InnerCallPowers {
  /** The scope of one call of this invocation. */
  readonly scopeFor: (call: Pick<CallScope, 'audit' | 'signal'>) => CallScope;
  /** Carries out what is allowed. */
  readonly perform: PerformCall;
}

/** The host calls of one invocation. */
export interface HostCalls {
  readonly handle: HostCallHandler;
  counts(): HostCallCounts;
  /** Names of the secrets whose values went out with calls so far. */
  secretsUsed(): readonly string[];
  /** Names of those that programs and containers were given. */
  programSecrets(): readonly string[];
  /** Settles when no call is being carried out any more. */
  settled(): Promise<void>;
}

/** Calls of one invocation that are carried out at the same time; more wait, once they are recorded. A guest can submit thousands at once. */
const parallelCalls = 64;

/** To a call that was allowed, and had its turn when its invocation was over. */
const stepIsOver: HostCallAnswer = { error: { code: 'CANCELLED', message: 'the step is over' } };

/** Each call: authorize, record, carry out, record what came of it. */
export function createHostCalls(powers: HostCallPowers): HostCalls {
  const slots = createSlots(parallelCalls);
  const running = new Set<Promise<HostCallAnswer>>();
  const secretsUsed = new Set<string>();
  const programSecrets = new Set<string>();
  const counter = createCallCounter();

  // Decided and recorded before the first await: no guest that ends in the same breath keeps a call out of the record.
  const handle: HostCallHandler = async (call, signal, underway = () => {}) => {
    try {
      const over = spendOnCall(powers, call);
      if (over !== undefined) {
        return over;
      }
      const authorization = authorize(powers.grant, call);
      const decision = decisionOf(authorization);
      counter.count(decision);
      const sequence = recordCall(powers, call, decision);
      reportCall(powers, call, decision);
      switch (authorization.kind) {
        case 'allowed': {
          const { authorized } = authorization;
          underway();
          const allowed = { call, sequence, authorized, signal, secretsUsed, programSecrets, counter };
          const free = await slots.take();
          const answer = await carryOut(powers, allowed).finally(free);
          if ('denied' in answer) {
            counter.refuse();
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
    }
  };

  return {
    handle: (call, signal, underway) => {
      const answer = handle(call, signal, underway);
      running.add(answer);
      void answer.finally(() => running.delete(answer));
      return answer;
    },
    counts: () => counter.counts(),
    secretsUsed: () => [...secretsUsed],
    programSecrets: () => [...programSecrets],
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
  /** Both of the whole invocation. */
  readonly secretsUsed: Set<string>;
  readonly programSecrets: Set<string>;
  readonly counter: CallCounter;
}

async function carryOut(powers: HostCallPowers, allowed: AllowedCall): Promise<HostCallAnswer> {
  const { clock } = powers;
  const startedAt = clock.now();
  let facts: JsonObject = {};
  const inner = innerCalls(powers, allowed.sequence, allowed.counter);
  const audit = {
    note: (more: JsonObject) => {
      facts = { ...facts, ...more };
    },
    within: inner.within,
  };
  const secrets = new Set<string>();
  const answer = await inTurn(powers, allowed, () => answerOf(powers, allowed, { audit, secrets }));
  inner.close();
  const result = 'ok' in answer ? 'ok' : 'denied' in answer ? 'denied' : 'error';
  if ('denied' in answer) {
    const { rule, remedy, message } = answer.denied;
    audit.note({ rule, message });
    const told = { rule: powers.redactor.text(rule), remedy: powers.redactor.text(remedy) };
    powers.onHostCall({ ...eventOf(powers, allowed.call), decision: 'denied', ...told });
  }
  const bytes = Buffer.byteLength(answerText(answer));
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
  { call, authorized, signal, secretsUsed, programSecrets }: AllowedCall,
  { audit, secrets: revealed }: { readonly audit: CallScope['audit']; readonly secrets: Set<string> },
): Promise<HostCallAnswer> {
  if (signal.aborted) {
    return stepIsOver;
  }
  const scope = powers.scopeFor({ audit, signal });
  const secrets = watchedVault(scope.secrets, (name) => {
    secretsUsed.add(name);
    revealed.add(name);
    if (startsProgram(call)) {
      programSecrets.add(name);
    }
  });
  try {
    return { ok: await powers.perform(authorized, { ...scope, secrets }) };
  } catch (error) {
    return failureAnswer(error, (text) => toldToGuest(text, scope.secrets, [...revealed]));
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

function failureAnswer(error: unknown, told: (text: string) => string): HostCallAnswer {
  if (!(error instanceof CallFailure)) {
    // Whatever the call was about to write: it is the agent's own disk, and no concern of the plugin's.
    const full = outOfRoom(error);
    if (full !== undefined) return { error: { code: 'FAILED', message: told(`${full.message}. ${full.remedy}`) } };
    return { error: { code: 'FAILED', message: told(error instanceof Error ? error.message : String(error)) } };
  }
  if (error.code !== 'DENIED') {
    // An error has no field for it on the wire.
    const whole = error.remedy === undefined ? error.message : `${error.message}. ${error.remedy}`;
    return { error: { code: error.code, message: told(whole) } };
  }
  const rule = told(error.rule ?? 'the call as it was carried out');
  const remedy = told(error.remedy ?? 'Change the call, or what grants it.');
  return { denied: { code: 'DENIED', rule, message: told(error.message), remedy } };
}
