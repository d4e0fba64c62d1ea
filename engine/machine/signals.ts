import { assertNever, isJsonObject, type Json, type StepKey, type WaterflowError } from '../../schemas/index.ts';
import { jsonBytes, nestingLimit, signalPayloadLimitBytes } from './limits.ts';
import { payloadProblem } from './payload.ts';
import type { AwaitedSignal, Decision, Signal } from './run/protocol.ts';
import { nestsDeeper } from './storable.ts';
import { shown } from './templates.ts';

/** What a workflow may call a signal. */
export const signalNamePattern: RegExp = /^[A-Za-z0-9_.-]{1,100}$/;

type Approval = Extract<AwaitedSignal, { readonly kind: 'approval' }>;

/**
 * Why a signal is refused (SIGNAL_REFUSED), undefined where something waits for it as it is. A driver asks before it hands a signal
 * on, so that the sender learns it; the machines ask again, and a refused signal changes nothing in them.
 */
export function signalProblem(
  awaited: AwaitedSignal | readonly AwaitedSignal[],
  signal: Signal,
): WaterflowError | undefined {
  // isArray doesn't narrow a readonly array.
  const all = Array.isArray(awaited) ? (awaited as readonly AwaitedSignal[]) : [awaited as AwaitedSignal];
  const named = all.filter(({ name }) => name === signal.name);
  if (named.length === 0) return nobodyWaits(all, signal);
  const meant = named.filter(({ id }) => signal.awaited === undefined || id === signal.awaited);
  if (meant.length === 0) return waitsForAnother(named, signal);
  const tooMuch = payloadLimitProblem(signal.payload);
  if (tooMuch !== undefined) return tooMuch;
  const problems = meant.map((one) => problemFor(one, signal));
  return problems.includes(undefined) ? undefined : problems[0];
}

/** Why no run takes this payload, whatever it waits for (SIGNAL_REFUSED); undefined where it is within the limits. */
export function payloadLimitProblem(payload: Json): WaterflowError | undefined {
  if (nestsDeeper(payload, nestingLimit)) {
    return refused(
      `the payload is nested deeper than ${nestingLimit} levels`,
      'Send a part of the data, or pass it as a text.',
    );
  }
  const bytes = jsonBytes(payload);
  if (bytes > signalPayloadLimitBytes) {
    return refused(
      `the payload takes ${bytes} bytes; it may take ${signalPayloadLimitBytes}`,
      'Send the place of the data instead of the data.',
    );
  }
  return undefined;
}

/** The decision that a payload is; undefined where it is none. */
export function decisionOf(payload: Json): Decision | undefined {
  if (!isJsonObject(payload)) return undefined;
  const { decision, to, comment, ...rest } = payload;
  if (Object.keys(rest).length > 0 || (comment !== undefined && typeof comment !== 'string')) return undefined;
  const said = comment === undefined ? {} : { comment };
  switch (decision) {
    case 'approve':
    case 'reject':
      return to === undefined ? { decision, ...said } : undefined;
    case 'push-back':
      // Whether there is such a step is another question.
      return typeof to === 'string' ? { decision, to: to as StepKey, ...said } : undefined;
    default:
      return undefined;
  }
}

function problemFor(awaited: AwaitedSignal, signal: Signal): WaterflowError | undefined {
  switch (awaited.kind) {
    case 'approval':
      return approvalProblem(awaited, signal);
    case 'signal': {
      const problem = awaited.schema === undefined ? undefined : payloadProblem(awaited.schema, signal.payload);
      if (problem === undefined) return undefined;
      return refused(
        `the payload of ${signal.name} doesn't fit its schema: \`${problem.path}\` ${problem.reason}`,
        `Send a payload as the \`schema\` of the step ${awaited.step ?? awaited.job} says.`,
      );
    }
    default:
      return assertNever(awaited);
  }
}

function approvalProblem(awaited: Approval, { by, payload }: Signal): WaterflowError | undefined {
  if (awaited.approvers.length > 0 && !awaited.approvers.includes(by)) {
    return refused(`${by} is no approver of ${placeOf(awaited)}`, `Ask one of them: ${awaited.approvers.join(', ')}.`);
  }
  const decision = decisionOf(payload);
  if (decision === undefined) {
    return refused(
      `${shown(payload)} is no decision`,
      'Send `{ "decision": "approve" }`, `{ "decision": "reject" }` or `{ "decision": "push-back", "to": STEP }`, each with a `comment` if you like.',
    );
  }
  if (decision.decision !== 'push-back') return undefined;
  const target = decision.to.toLowerCase();
  if (awaited.push_back_to.some((key) => key.toLowerCase() === target)) return undefined;
  return refused(
    `${placeOf(awaited)} can't be pushed back to ${decision.to}`,
    awaited.push_back_to.length === 0
      ? 'There is no step before it that ran; approve or reject it.'
      : `Push it back to one of these steps: ${listed(awaited.push_back_to)}.`,
  );
}

function nobodyWaits(awaited: readonly AwaitedSignal[], { name }: Signal): WaterflowError {
  return refused(
    `nothing waits for the signal ${name}`,
    awaited.length === 0
      ? 'Nothing waits for a signal at the moment; send it when something does.'
      : `Send one that something waits for: ${listed(awaited.map((one) => one.name))}.`,
  );
}

function waitsForAnother(named: readonly AwaitedSignal[], { awaited = '' }: Signal): WaterflowError {
  return refused(
    `nothing waits as ${awaited} any more`,
    `It has been answered, or is over. What waits now: ${listed(named.map(({ id, name }) => id ?? name))}. Look at it before you answer that.`,
  );
}

function placeOf({ job, step }: AwaitedSignal): string {
  return step === undefined ? `job ${job}` : `step ${step} of job ${job}`;
}

/** Names in a message, not too many of them. */
function listed(names: readonly string[]): string {
  const most = 20;
  return names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}

function refused(message: string, remedy: string): WaterflowError {
  return { code: 'SIGNAL_REFUSED', message, remedy };
}
