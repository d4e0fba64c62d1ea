import type { AuditedCall, InnerCall, InnerDecision, InnerOutcome } from '../../runtime/audit/api.ts';
import { CallFailure } from '../../runtime/capabilities/capability.ts';
import type { HostCall } from '../../runtime/host-call.ts';
import { type JsonObject, type WaterflowError, WaterflowFailure } from '../../schemas/index.ts';
import { type CallCounter, eventOf, type RecordPowers, recordCall, reportCall } from './host-call-record.ts';
import { type MeteredPowers, spendOnAnswer, spendOnCall, spendOnTransfer } from './metered-calls.ts';

/** What recording the calls within a call needs. */
export interface InnerCallPowers extends RecordPowers, MeteredPowers {
  /** Of an invocation, its own and those of its programs together, where no policy allows fewer. */
  readonly mostCalls: number;
  /** Called once when the record can't be written: no call is made any more, and the step must end. */
  readonly broken: (error: WaterflowError) => void;
}

/** The calls that happen within one call: what its program does on its docker socket or over its connections. */
export interface InnerCalls {
  readonly within: AuditedCall['within'];
  /** The outer call is over: what has no outcome yet gets one, and nothing more happens within it. */
  readonly close: () => void;
}

/** Of the call that was recorded as `sequence`. A program of it counts, and is bounded, as the plugin itself is. */
export function innerCalls(powers: InnerCallPowers, sequence: number, counter: CallCounter): InnerCalls {
  const open = new Set<InnerCall>();
  let state: 'open' | 'closed' | 'broken' = 'open';
  const breakOff = (error: unknown): void => {
    state = 'broken';
    powers.broken(errorOf(error));
  };

  const begin = (call: HostCall, decision: InnerDecision): number => {
    if (state !== 'open') {
      throw new CallFailure('CANCELLED', 'the call that this would belong to is over');
    }
    const { allowed, denied } = counter.counts();
    if (allowed + denied >= powers.mostCalls) {
      const error = tooManyCalls(powers.mostCalls);
      powers.exceeded(error);
      throw new CallFailure('LIMIT_EXCEEDED', error.message);
    }
    const over = spendOnCall(powers, call);
    if (over !== undefined) {
      throw new CallFailure('LIMIT_EXCEEDED', 'error' in over ? over.error.message : 'a limit is exceeded');
    }
    try {
      return recordCall(powers, call, decision, { within: sequence });
    } catch (error) {
      breakOff(error);
      throw new CallFailure('FAILED', 'it could not be recorded, and so is not done');
    }
  };

  const settle = (own: { readonly call: HostCall; readonly entry: number; readonly startedAt: number }) => {
    return (outcome: InnerOutcome): void => {
      const refusal = outcome.result === 'denied' ? outcome.denial : undefined;
      const why: JsonObject = refusal === undefined ? {} : { rule: refusal.rule, message: refusal.message };
      const facts = { ...outcome.facts, ...why };
      if (refusal !== undefined) {
        counter.refuse();
        const { rule, remedy } = refusal;
        powers.onHostCall({ ...eventOf(powers, own.call), decision: 'denied', rule, remedy });
      }
      spendOnAnswer(powers, 0, facts);
      const at = powers.clock.now();
      powers.audit.result({
        at,
        call: own.entry,
        result: outcome.result,
        duration_ms: at - own.startedAt,
        bytes: 0,
        // A JSON object stays one.
        ...(Object.keys(facts).length > 0 ? { facts: powers.redactor.json(facts) as JsonObject } : {}),
      });
    };
  };

  return {
    within: (call, decision) => {
      const startedAt = powers.clock.now();
      const entry = begin(call, decision);
      counter.count(decision);
      reportCall(powers, call, decision);
      if (decision.kind === 'denied') {
        return { moved: () => undefined, end: () => undefined };
      }
      const end = settle({ call, entry, startedAt });
      const inner: InnerCall = {
        moved: (bytes) => spendOnTransfer(powers, bytes),
        end: (outcome) => {
          if (!open.delete(inner)) {
            return;
          }
          try {
            end(outcome);
          } catch (error) {
            breakOff(error);
          }
        },
      };
      open.add(inner);
      return inner;
    },
    close: () => {
      for (const inner of open) {
        inner.end({ result: 'error', facts: { unfinished: true } });
      }
      if (state === 'open') {
        state = 'closed';
      }
    },
  };
}

function tooManyCalls(limit: number): WaterflowError {
  return {
    code: 'LIMIT_EXCEEDED',
    message: `the step and its programs made more than ${limit} host calls, connections and docker requests`,
    remedy: 'Let programs reuse connections, and ask docker for less.',
  };
}

/** Why a call can't be decided or recorded, as the step ends with it. */
export function errorOf(error: unknown): WaterflowError {
  if (error instanceof WaterflowFailure) {
    return error.error;
  }
  return {
    code: 'INTERNAL',
    message: `a host call could not be decided or recorded: ${error instanceof Error ? error.message : String(error)}`,
    remedy: 'Report this with the audit log of the run.',
  };
}
