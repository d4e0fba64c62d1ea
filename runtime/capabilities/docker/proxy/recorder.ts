import type { JsonObject } from '../../../../schemas/index.ts';
import type { AuditedCall } from '../../../audit/api.ts';

/** Keeps what the requests of one exec came to, for the audit entry of that exec. */
export interface RequestRecorder {
  /** For one request; `note` takes what is found out while it is carried out. */
  begin(request: string): OpenRequest;
  /** Bounded, whatever was asked: what isn't listed is counted. */
  facts(): JsonObject;
}

/** A request under way. */
export interface OpenRequest extends AuditedCall {
  allowed(): void;
  denied(rule: string, message: string): void;
  failed(status: number): void;
}

/** Of requests that changed something or were denied; the audit keeps the beginning of long facts. */
const mostListed = 60;
/** Of lines in the step's log. */
const mostLogged = 50;
const maxTextLength = 300;

/** Makes one; denials go to `log` too, as the program may not print what its request was answered. */
export function createRecorder(log: (line: string) => void): RequestRecorder {
  const counts = { allowed: 0, denied: 0, failed: 0 };
  const listed: JsonObject[] = [];
  let left = 0;
  let logged = 0;
  const list = (entry: JsonObject): void => {
    if (listed.length < mostListed) listed.push(entry);
    else left += 1;
  };
  return {
    begin(given) {
      const request = given.slice(0, maxTextLength);
      let facts: JsonObject = {};
      return {
        note(more) {
          facts = { ...facts, ...more };
        },
        allowed() {
          counts.allowed += 1;
          // Looking changes nothing; there are thousands of these.
          if (!/^(?:GET|HEAD) /u.test(request)) list({ request, decision: 'allowed', ...facts });
        },
        denied(rule, message) {
          counts.denied += 1;
          list({ request, decision: 'denied', rule: rule.slice(0, maxTextLength), ...facts });
          logged += 1;
          if (logged <= mostLogged) log(`docker: ${request}: ${message.slice(0, maxTextLength)}\n`);
        },
        failed(status) {
          counts.failed += 1;
          list({ request, decision: 'allowed', status, ...facts });
        },
      };
    },
    facts: () => ({ ...counts, requests: listed, ...(left === 0 ? {} : { not_listed: left }) }),
  };
}
