import type { JsonObject } from '../../../../schemas/index.ts';
import type { AuditedCall, InnerCall, InnerDecision, InnerOutcome } from '../../../audit/api.ts';
import type { Denial, HostCall } from '../../../host-call.ts';
import { Refusal } from './refusal.ts';

/** Keeps the requests of one exec on record, and what they came to in all for the entry of that exec. */
export interface RequestRecorder {
  /** For one request; `note` takes what is found out while it is carried out. */
  begin(line: string): OpenRequest;
  /** Bounded, whatever was asked: what isn't listed is counted. */
  facts(): JsonObject;
}

/** A request under way. */
export interface OpenRequest {
  /** Its method and path, of a bounded length. */
  readonly line: string;
  readonly note: AuditedCall['note'];
  /**
   * Records what the request asks for, before it is done. Only looking that is allowed is counted instead: clients ask thousands of
   * times; logs are what a program wrote, and on record. Throws where it can't be recorded.
   */
  record(call: HostCall, decision: InnerDecision): void;
  allowed(): void;
  /** Its answer has been sent. */
  ended(): void;
  denied(denial: Denial): void;
  failed(status: number): void;
}

/** How much is kept. */
interface RecorderBounds {
  /** Requests on record; further ones are refused. */
  readonly recorded: number;
}

/** Far more than a client needs that builds and runs things; a loop that never ends comes to it. */
const standardBounds: RecorderBounds = { recorded: 20_000 };
/** Of requests that changed something or were denied; the audit keeps the beginning of long facts. */
const mostListed = 60;
/** Of lines in the step's log. */
const mostLogged = 50;
const maxTextLength = 300;

/** Makes one; denials go to `log` too, as the program may not print what its request was answered. */
export function createRecorder(
  audit: Pick<AuditedCall, 'within'>,
  log: (line: string) => void,
  bounds: RecorderBounds = standardBounds,
): RequestRecorder {
  const counts = { allowed: 0, denied: 0, failed: 0 };
  const listed: JsonObject[] = [];
  let left = 0;
  let logged = 0;
  let recorded = 0;
  const list = (entry: JsonObject): void => {
    if (listed.length < mostListed) listed.push(entry);
    else left += 1;
  };
  const recordedCall = (call: HostCall, decision: InnerDecision): InnerCall => {
    if (recorded >= bounds.recorded) throw new Refusal(429, `one exec may make ${bounds.recorded} requests`);
    recorded += 1;
    return audit.within(call, decision);
  };
  return {
    begin(given) {
      const line = given.slice(0, maxTextLength);
      const isLook = /^(?:GET|HEAD) /u.test(line);
      let facts: JsonObject = {};
      const open: InnerCall[] = [];
      let isRefused = false;
      const end = (outcome: InnerOutcome): void => {
        for (const inner of open) inner.end({ ...outcome, facts: { ...facts, ...outcome.facts } });
      };
      return {
        line,
        note(more) {
          facts = { ...facts, ...more };
        },
        record(call, decision) {
          if (isLook && decision.kind === 'allowed' && call.operation !== 'logs') return;
          isRefused ||= decision.kind === 'denied';
          const inner = recordedCall(call, decision);
          if (decision.kind === 'allowed') open.push(inner);
        },
        allowed() {
          counts.allowed += 1;
          if (!isLook) list({ request: line, decision: 'allowed', ...facts });
        },
        ended: () => end({ result: 'ok' }),
        denied(denial) {
          const { rule, message } = denial;
          counts.denied += 1;
          list({ request: line, decision: 'denied', rule: rule.slice(0, maxTextLength), ...facts });
          logged += 1;
          if (logged <= mostLogged)
            log(`docker: ${line}: denied by ${rule}: ${message}`.slice(0, maxTextLength) + '\n');
          end({ result: 'denied', denial });
          if (isRefused || open.length > 0) return;
          const call: HostCall = { capability: 'docker', operation: 'request', args: { request: line } };
          try {
            recordedCall(call, { kind: 'denied', denial, decided_by: [] });
          } catch {
            // Nothing of it is done, whether it is on record or not; where the record is broken, the step ends by that.
          }
        },
        failed(status) {
          counts.failed += 1;
          list({ request: line, decision: 'allowed', status, ...facts });
          end({ result: 'error', facts: { status } });
        },
      };
    },
    facts: () => ({ ...counts, requests: listed, ...(left === 0 ? {} : { not_listed: left }) }),
  };
}
