import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'winston';
import { Deployments } from '../../engine/temporal/versions/deployment.ts';
import type { KeptVersion } from '../../engine/temporal/versions/kept.ts';
import { type Review, type Reviewer, review, type Stranded } from '../../engine/temporal/versions/review.ts';
import type { WorkflowVersion } from '../../engine/temporal/versions/version.ts';
import { type EngineWorker, type EngineWorkerParts, runEngineWorker } from './temporal-worker.ts';

/** What carries runs out, by the workflows of this release and of those that it keeps. */
export interface EngineWorkersParts extends Omit<EngineWorkerParts, 'version'> {
  readonly client: Client;
  readonly version: Promise<WorkflowVersion>;
  readonly kept: readonly KeptVersion[];
  readonly release: string;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** How often the versions in a namespace are looked at, in ms; before this process knows of its own; and after that, as Temporal's lists lag behind. */
const reviewMs = 60_000;
const firstReviewMs = 200;
const soonMs = 5000;
const soonReviews = 3;

/**
 * Starts the worker of this release's workflows, and those of the releases before where something still goes on by them. New runs go to
 * this release's where it is the newer one.
 */
export function runEngineWorkers(parts: EngineWorkersParts): EngineWorker {
  const { connected, version, log } = parts;
  const own = runEngineWorker(parts);
  const earlier = new Map<string, EngineWorker>();
  const leaving = new AbortController();
  const begun = Promise.withResolvers<void>();
  const startEarlier = (id: string): void => {
    const kept = parts.kept.find((one) => one.id === id);
    if (kept === undefined || earlier.has(id)) return;
    log.info('runs go on by the workflows of an earlier release', { version: id, release: kept.release });
    earlier.set(id, runEngineWorker({ ...parts, version: (async () => kept.read())() }));
  };
  const follow = async (): Promise<void> => {
    await own.begun;
    if ((await connected) === undefined) return;
    const reviewer = reviewerOf(parts, await version);
    const told = tellingOf(log, reviewer);
    for (let reviews = 0; !leaving.signal.aborted; ) {
      try {
        const came = await review(reviewer);
        told.review(came);
        came.needed.forEach(startEarlier);
      } catch (cause) {
        told.failed(cause);
      }
      if (reviewer.isSettled) {
        begun.resolve();
        reviews += 1;
      }
      const pauseMs = reviews === 0 ? firstReviewMs : reviews <= soonReviews ? soonMs : reviewMs;
      await sleep(pauseMs, undefined, { signal: leaving.signal }).catch(() => {});
    }
  };
  const following = follow().finally(() => begun.resolve());
  following.catch(() => {});
  const all = (): readonly EngineWorker[] => [own, ...earlier.values()];
  return {
    reconnect(connection: NativeConnection) {
      for (const worker of all()) worker.reconnect(connection);
    },
    get isRunning() {
      return own.isRunning;
    },
    begun: begun.promise,
    async [Symbol.asyncDispose]() {
      leaving.abort();
      const ending = all().map((worker) => worker[Symbol.asyncDispose]());
      await Promise.all([following.catch(() => {}), ...ending]);
    },
  };
}

function reviewerOf({ client, namespace, kept, release, now }: EngineWorkersParts, { id }: WorkflowVersion): Reviewer {
  const carried = kept.map((one) => one.id);
  const deployments = new Deployments(client, namespace);
  return { deployments, own: { id, release }, carried, now, isSettled: false, moved: new Set() };
}

/** Says what an operator should know, each thing once. */
function tellingOf(log: Logger, { own }: Reviewer): { review(came: Review): void; failed(cause: unknown): void } {
  let verdict: Review['verdict'] | undefined;
  let stranded = '';
  let problem = '';
  return {
    review(came) {
      problem = '';
      if (came.verdict !== verdict) tellVerdict(log, came, own);
      verdict = came.verdict;
      const text = JSON.stringify(came.stranded);
      if (text !== stranded) for (const each of came.stranded) tellStranded(log, each);
      stranded = text;
    },
    failed(cause) {
      const reason = String(cause);
      if (reason !== problem) log.warn('the versions of the workflows could not be looked at', { reason });
      problem = reason;
    },
  };
}

function tellVerdict(log: Logger, { verdict }: Review, { id: version, release }: Reviewer['own']): void {
  const about = { version, release };
  if (verdict === 'first' || verdict === 'newer') log.info('new runs go to the workflows of this release', about);
  if (verdict === 'deserted')
    log.warn('nobody serves the workflows that were current: new runs go to those of this release', about);
  if (verdict === 'left to others')
    log.info('new runs go to workflows of another release; those that began by these go on here', about);
}

function tellStranded(log: Logger, { version, release = 'unknown', count, workflows }: Stranded): void {
  log.warn('runs stand still: they are pinned to workflows that no worker serves', {
    version,
    release,
    count,
    workflows: workflows.join(', '),
    remedy: 'Start `waterflow engine` of that release beside this one, until they have gone on or ended.',
  });
}
