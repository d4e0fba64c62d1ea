import type { RunInfo } from '../../engine/port.ts';
import { type JsonObject, WaterflowFailure } from '../../schemas/index.ts';
import { forbidden } from '../auth/refusals.ts';

type Awaited = RunInfo['awaits'][number];
type Approval = Extract<Awaited, { readonly kind: 'approval' }>;

/** A decision as the API takes it. */
export interface GivenDecision {
  readonly decision: 'approve' | 'reject' | 'push-back';
  readonly job?: string;
  readonly step?: string;
  readonly to?: string;
  readonly comment?: string;
  /** The id of what is decided over. */
  readonly awaited?: string;
}

/** Names in a message, not too many of them. */
const mostListed = 20;

/** What is decided over: the only approval that a run waits for, or the one of that job and step. SIGNAL_REFUSED. */
export function chooseApproval({ run, awaits }: RunInfo, given: GivenDecision): Approval {
  const { job, step, awaited } = given;
  const approvals = awaits.filter((one): one is Approval => one.kind === 'approval');
  const asked = awaited === undefined ? approvals : approvals.filter(({ id }) => id === awaited);
  const meant = asked.filter((one) => isSame(one.job, job) && isSame(one.step, step));
  const [only, ...others] = exact(meant, given);
  if (only !== undefined && others.length === 0) return only;
  if (approvals.length === 0)
    throw refused(`${run} waits for no approval`, 'See what it is at: GET /v1/workflows/{id}.');
  const list = approvals.slice(0, mostListed).map(targetOf).join(', ');
  throw only === undefined
    ? refused(`${run} does not wait for that approval`, `It waits for these: ${list}.`)
    : refused(`${run} waits for several approvals`, `Name one of them by its \`job\` and \`step\`: ${list}.`);
}

/** The payload of the signal that a decision is. */
export function payloadOf({ decision, to, comment }: GivenDecision, approval: Approval): JsonObject {
  const said = comment === undefined ? {} : { comment };
  if (decision !== 'push-back') {
    if (to !== undefined) throw invalid('`to` is for `push-back`', 'Leave it out, or push back.');
    return { decision, ...said };
  }
  if (to === undefined) throw invalid('a push-back needs `to`', targetsOf(approval));
  const target = wholeTarget(to, approval);
  if (!approval.push_back_to.some((key) => key.toLowerCase() === target.toLowerCase())) {
    throw invalid(`${targetOf(approval)} can't be pushed back to ${to}`, targetsOf(approval));
  }
  return { decision, to: target, ...said };
}

/** FORBIDDEN for somebody whom the workflow doesn't name. Where it names nobody, the permission is enough. */
export function requireApprover(approval: Approval, name: string): void {
  const { approvers } = approval;
  if (approvers.length === 0 || approvers.includes(name)) return;
  throw forbidden(
    `${name} is no approver of ${targetOf(approval)}`,
    `Ask with the key or token of one of them: ${approvers.join(', ')}.`,
  );
}

function targetsOf({ push_back_to: targets }: Approval): string {
  if (targets.length === 0) return 'No step before it ran, so there is none to go back to: approve or reject it.';
  const more = targets.length > mostListed ? ` and ${targets.length - mostListed} more` : '';
  return `Name a step in \`to\`: ${targets.slice(0, mostListed).join(', ')}${more}.`;
}

/** A job's environment and steps of the job may wait at the same time: without a step the environment is meant. */
function exact(meant: readonly Approval[], { job, step }: Pick<GivenDecision, 'job' | 'step'>): readonly Approval[] {
  if (job === undefined || step !== undefined) return meant;
  const environments = meant.filter((one) => one.step === undefined);
  return environments.length > 0 ? environments : meant;
}

/** A step may be named without the steps around it, where only one of those that it can be is called so. */
function wholeTarget(to: string, { push_back_to: targets }: Approval): string {
  if (targets.some((key) => key === to)) return to;
  const meant = targets.filter((key) => key.toLowerCase().endsWith(`.${to.toLowerCase()}`));
  return meant.length === 1 ? (meant[0] ?? to) : to;
}

/** Letter case doesn't count, as in ids. */
function isSame(has: string | undefined, asked: string | undefined): boolean {
  return asked === undefined || has?.toLowerCase() === asked.toLowerCase();
}

function targetOf({ job, step }: Approval): string {
  return step === undefined ? job : `${job}/${step}`;
}

function refused(message: string, remedy: string): WaterflowFailure {
  return new WaterflowFailure({ code: 'SIGNAL_REFUSED', message, remedy });
}

function invalid(message: string, remedy: string): WaterflowFailure {
  return new WaterflowFailure({ code: 'INVALID_INPUT', message, remedy });
}
