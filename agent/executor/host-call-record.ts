import type { AuditLog, AuditRecord } from '../../runtime/audit/api.ts';
import type { CallScope } from '../../runtime/capabilities/capability.ts';
import { capabilities } from '../../runtime/capabilities/table.ts';
import type { Authorization, Grant, RuleReference } from '../../runtime/grants/index.ts';
import type { HostCall } from '../../runtime/host-call.ts';
import { assertNever } from '../../schemas/index.ts';
import type { Redactor } from '../redaction/index.ts';
import type { HostCallEvent } from './api.ts';
import { condense } from './condense.ts';
import { subjectOf } from './subject.ts';

/** What recording and reporting a call needs. */
export interface RecordPowers {
  readonly grant: Grant;
  readonly audit: AuditLog;
  readonly redactor: Redactor;
  readonly clock: CallScope['clock'];
  /** For whom, as every entry of the invocation says. */
  readonly subject: Pick<AuditRecord, 'tenant' | 'run' | 'job' | 'step' | 'attempt' | 'plugin'>;
  /** The entry that the invocation began with. */
  readonly invocation: number;
  readonly onHostCall: (event: HostCallEvent) => void;
}

/** Records the call before anything of it happens. */
export function recordCall(powers: RecordPowers, call: HostCall, authorization: Authorization): number {
  const { clock, subject, invocation, redactor } = powers;
  const { args, ...size } = condense(call.args, (given) => redactor.json(given));
  return powers.audit.record({
    at: clock.now(),
    ...subject,
    invocation,
    call: { ...namesOf(call, redactor), args },
    ...size,
    decision: authorization.kind,
    rules: rulesOf(authorization).map(({ layer, place }) => `${layer} ${place}`),
    ...reasonOf(authorization, redactor),
  });
}

function rulesOf(authorization: Authorization): readonly RuleReference[] {
  switch (authorization.kind) {
    case 'allowed':
      return authorization.authorized.decided_by;
    case 'denied':
      return authorization.decided_by;
    case 'invalid':
      return [];
    default:
      return assertNever(authorization);
  }
}

function reasonOf(authorization: Authorization, redactor: Redactor): { readonly reason?: string } {
  switch (authorization.kind) {
    case 'allowed':
      return {};
    case 'denied':
      return { reason: shortened(redactor.text(authorization.denial.message)) };
    case 'invalid':
      return { reason: shortened(redactor.text(`${authorization.code}: ${authorization.message}`)) };
    default:
      return assertNever(authorization);
  }
}

/** A reason may quote an argument, of any length. */
function shortened(reason: string): string {
  return cut(reason, reasonCharacters);
}

const reasonCharacters = 1000;
/** No call that exists has a longer name; a guest's invention may be of any length, and would be in every event and entry. */
const nameCharacters = 100;

function namesOf(call: HostCall, redactor: Redactor): Pick<HostCall, 'capability' | 'operation'> {
  return {
    capability: cut(redactor.text(call.capability), nameCharacters),
    operation: cut(redactor.text(call.operation), nameCharacters),
  };
}

function cut(text: string, characters: number): string {
  return text.length > characters ? `${text.slice(0, characters)}…` : text;
}

/** Log lines and the like are events already, so of the ambient calls only refused ones are reported. */
export function reportCall(powers: RecordPowers, call: HostCall, authorization: Authorization): void {
  const event = eventOf(powers, call);
  switch (authorization.kind) {
    case 'allowed':
      if (capabilities.get(call.capability)?.ambient !== true) {
        powers.onHostCall({ ...event, decision: 'allowed' });
      }
      return;
    case 'denied': {
      const { rule, remedy } = authorization.denial;
      powers.onHostCall({ ...event, decision: 'denied', rule, remedy });
      return;
    }
    case 'invalid':
      powers.onHostCall({
        ...event,
        decision: 'invalid',
        rule: shortened(powers.redactor.text(authorization.message)),
      });
      return;
    default:
      assertNever(authorization);
  }
}

/** What a call is reported as, whatever becomes of it; secrets are redacted. */
export function eventOf(powers: Pick<RecordPowers, 'redactor'>, call: HostCall): Omit<HostCallEvent, 'decision'> {
  const { redactor } = powers;
  return {
    ...namesOf(call, redactor),
    subject: subjectOf(call, (text) => redactor.text(text)),
  };
}
