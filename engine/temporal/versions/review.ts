import { type Verdict, verdictOf } from './current.ts';
import type { Deployment, Deployments } from './deployment.ts';
import { compareReleases } from './version.ts';

/** Executions of a version that no worker serves. */
export interface Stranded {
  readonly version: string;
  /** Absent: nobody has said of which release it is. */
  readonly release?: string;
  /** How many there are. */
  readonly count: number;
  /** The workflow ids of the first of them. */
  readonly workflows: readonly string[];
}

/** What came of a review. */
export interface Review {
  readonly verdict: Verdict;
  /** Versions that this process carries beside its own, and that something still goes on by. */
  readonly needed: readonly string[];
  readonly stranded: readonly Stranded[];
}

/** Which versions a process has, and what it remembers from one review to the next. */
export interface Reviewer {
  readonly deployments: Deployments;
  readonly own: { readonly id: string; readonly release: string };
  /** The ids of those that it carries beside its own. */
  readonly carried: readonly string[];
  /** ms since the epoch. */
  readonly now: () => number;
  /** It has known once whether its version is current. */
  isSettled: boolean;
  /** The run ids of executions that were asked to move. */
  readonly moved: Set<string>;
}

/** A worker that waits for work asks for it anew every minute. */
const servedMs = 150_000;
/** How many workflow ids are named. */
const namedWorkflows = 5;

/**
 * Looks at the versions of the workflows in a namespace: makes the process's own current where it is to be; then asks what goes on by another
 * version to move to it as soon as it can, between two steps or while it waits; and finds what no worker serves.
 */
export async function review(reviewer: Reviewer): Promise<Review> {
  const { deployments, own, carried, now } = reviewer;
  const deployment = await deployments.read();
  if (deployment === undefined) return { verdict: 'unknown yet', needed: [], stranded: [] };
  const served = await deployments.servedSince(now() - servedMs);
  const verdict = await settle(reviewer, { deployment, served });
  const isCurrent = verdict === 'is current' || verdict === 'first' || verdict === 'newer' || verdict === 'deserted';
  const needed: string[] = [];
  const stranded: Stranded[] = [];
  for (const { id, mayHaveRuns } of deployment.versions) {
    if (id === own.id || !mayHaveRuns) continue;
    const { count, workflows } = await found(reviewer, id, { move: isCurrent });
    if (count === 0) continue;
    if (carried.includes(id)) needed.push(id);
    else if (!served.has(id)) {
      const release = await deployments.releaseOf(id);
      stranded.push({ version: id, ...(release === undefined ? {} : { release }), count, workflows });
    }
  }
  return { verdict, needed, stranded };
}

async function settle(
  reviewer: Reviewer,
  { deployment, served }: { readonly deployment: Deployment; readonly served: ReadonlySet<string> },
): Promise<Verdict> {
  const { deployments, own } = reviewer;
  const { current, token } = deployment;
  const release = current === undefined ? undefined : await deployments.releaseOf(current);
  const currentRelease = release === undefined ? {} : { currentRelease: release };
  const verdict = verdictOf({ own, deployment, served, isStarting: !reviewer.isSettled, ...currentRelease });
  if (verdict === 'first' || verdict === 'newer' || verdict === 'deserted') {
    const isDone = await deployments.makeCurrent(own.id, { release: own.release, token });
    // Somebody was quicker, and it is looked at again.
    if (!isDone) return 'unknown yet';
  }
  // A later release with the same workflows.
  if (verdict === 'is current' && compareReleases(own.release, release ?? '0') > 0)
    await deployments.tellRelease(own.id, own.release);
  if (verdict !== 'unknown yet') reviewer.isSettled = true;
  return verdict;
}

async function found(
  { deployments, moved }: Reviewer,
  id: string,
  { move }: { readonly move: boolean },
): Promise<{ readonly count: number; readonly workflows: readonly string[] }> {
  const workflows: string[] = [];
  let count = 0;
  for await (const execution of deployments.executionsOf(id)) {
    count += 1;
    if (workflows.length < namedWorkflows) workflows.push(execution.workflowId);
    if (!move || moved.has(execution.runId)) continue;
    await deployments.move(execution);
    moved.add(execution.runId);
  }
  return { count, workflows };
}
