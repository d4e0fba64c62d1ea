import type { AuditLog, AuditRecord, InnerDecision } from '../../runtime/audit/api.ts';
import type { CallScope } from '../../runtime/capabilities/capability.ts';
import { capabilities } from '../../runtime/capabilities/table.ts';
import type { Authorization, Grant, RuleReference } from '../../runtime/grants/index.ts';
import type { HostCall } from '../../runtime/host-call.ts';
import { assertNever, type HostCallCounts } from '../../schemas/index.ts';
import type { Redactor } from '../redaction/index.ts';
import type { HostCallEvent } from './api.ts';
import { condense } from './condense.ts';
import { plainArgs } from './plain-args.ts';
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

/** What was decided over a call, of the plugin's own or within one of them. */
export type CallDecision = InnerDecision | Extract<Authorization, { readonly kind: 'invalid' }>;

/** The same of what authorize() says. */
export function decisionOf(authorization: Authorization): CallDecision {
  return authorization.kind === 'allowed'
    ? { kind: 'allowed', decided_by: authorization.authorized.decided_by }
    : authorization;
}

/** Counts an invocation's calls by what became of them. */
export interface CallCounter {
  count(decision: CallDecision): void;
  /** One that was counted as allowed was denied after all. */
  refuse(): void;
  counts(): HostCallCounts;
}

/** Begins at none. */
export function createCallCounter(): CallCounter {
  let allowed = 0;
  let denied = 0;
  return {
    count: (decision) => {
      if (decision.kind === 'allowed') {
        allowed += 1;
      } else {
        denied += 1;
      }
    },
    refuse: () => {
      allowed -= 1;
      denied += 1;
    },
    counts: () => ({ allowed, denied }),
  };
}

/** Records the call before anything of it happens. `within`: the entry of the call that it belongs to. */
export function recordCall(
  powers: RecordPowers,
  call: HostCall,
  decision: CallDecision,
  belongs: { readonly within?: number } = {},
): number {
  const { clock, subject, invocation, redactor } = powers;
  const { args, ...size } = condense(plainArgs(call), (given) => redactor.json(given));
  return powers.audit.record({
    at: clock.now(),
    ...subject,
    invocation,
    ...belongs,
    call: { ...namesOf(call, redactor), args },
    ...size,
    decision: decision.kind,
    rules: rulesOf(decision).map(({ layer, place }) => `${layer} ${place}`),
    ...reasonOf(decision, redactor),
  });
}

function rulesOf(decision: CallDecision): readonly RuleReference[] {
  return decision.kind === 'invalid' ? [] : decision.decided_by;
}

function reasonOf(decision: CallDecision, redactor: Redactor): { readonly reason?: string } {
  switch (decision.kind) {
    case 'allowed':
      return {};
    case 'denied':
      return { reason: shortened(redactor.text(decision.denial.message)) };
    case 'invalid':
      return { reason: shortened(redactor.text(`${decision.code}: ${decision.message}`)) };
    default:
      return assertNever(decision);
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
export function reportCall(powers: RecordPowers, call: HostCall, decision: CallDecision): void {
  switch (decision.kind) {
    case 'allowed':
      if (capabilities.get(call.capability)?.ambient !== true) {
        powers.onHostCall({ ...eventOf(powers, call), decision: 'allowed' });
      }
      return;
    case 'denied': {
      const { rule, remedy } = decision.denial;
      powers.onHostCall({ ...eventOf(powers, call), decision: 'denied', rule, remedy });
      return;
    }
    case 'invalid':
      powers.onHostCall({
        ...eventOf(powers, call),
        decision: 'invalid',
        rule: shortened(powers.redactor.text(decision.message)),
      });
      return;
    default:
      assertNever(decision);
  }
}

/** What a call is reported as, whatever becomes of it; secrets are redacted. */
export function eventOf(powers: Pick<RecordPowers, 'redactor'>, call: HostCall): Omit<HostCallEvent, 'decision'> {
  const { redactor } = powers;
  return {
    ...namesOf(call, redactor),
    subject: subjectOf({ ...call, args: plainArgs(call) }, (text) => redactor.text(text)),
  };
}
