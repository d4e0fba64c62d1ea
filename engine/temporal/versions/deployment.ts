import { type Client, isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';
import type { PayloadConverter } from '@temporalio/common';
import { names } from '../protocol.ts';
import { deploymentName } from './version.ts';

/** The versions of the workflows in a namespace, as Temporal knows them. */
export interface Deployment {
  /** Changes with whatever is changed, so that nobody changes what somebody else has changed meanwhile. */
  readonly token: Uint8Array;
  /** Where new runs go. */
  readonly current?: string;
  /** An operator sends a part of the new runs to another version. */
  readonly isRamping: boolean;
  readonly versions: readonly KnownVersion[];
}

/** A version that some worker has had. */
export interface KnownVersion {
  readonly id: string;
  /** When a worker with it came first, in ms since the epoch. */
  readonly since: number;
  /** False once Temporal is sure that nothing is carried out by it any more. */
  readonly mayHaveRuns: boolean;
}

/** Temporal's numbers of a state of a version (temporal.api.enums.v1.WorkerDeploymentVersionStatus) and of a queue of workflows. */
const drained = 5;
const workflowQueue = 1;

/** gRPC's codes: https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const notFound = 5;
const failedPrecondition = 9;
const aborted = 10;

/** Reads and changes what Temporal knows of versions. */
export class Deployments {
  readonly #client: Client;
  readonly #namespace: string;

  constructor(client: Client, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
  }

  /** Undefined where there has been no worker yet. */
  async read(): Promise<Deployment | undefined> {
    const answer = await unless(notFound, () =>
      this.#service.describeWorkerDeployment({ namespace: this.#namespace, deploymentName }),
    );
    const info = answer?.workerDeploymentInfo;
    if (answer === undefined || info === undefined || info === null) return undefined;
    const current = info.routingConfig?.currentDeploymentVersion?.buildId ?? '';
    return {
      token: answer.conflictToken,
      ...(current === '' ? {} : { current }),
      isRamping: (info.routingConfig?.rampingDeploymentVersion ?? null) !== null,
      versions: (info.versionSummaries ?? []).map(({ deploymentVersion, createTime, status }) => ({
        id: deploymentVersion?.buildId ?? '',
        since: msOf(createTime),
        // oxlint-disable-next-line typescript/no-unsafe-enum-comparison -- the enum is in a package that only Temporal's own need
        mayHaveRuns: status !== drained,
      })),
    };
  }

  /** The release that made a version current; undefined where nobody has said so. */
  async releaseOf(id: string): Promise<string | undefined> {
    const { workerDeploymentVersionInfo: info } = await this.#service.describeWorkerDeploymentVersion({
      namespace: this.#namespace,
      deploymentVersion: { deploymentName, buildId: id },
    });
    const said = info?.metadata?.entries?.['release'];
    return said === undefined ? undefined : this.#converter.fromPayload<string>(said);
  }

  /** Says of which release a version is. */
  async tellRelease(id: string, release: string): Promise<void> {
    await this.#service.updateWorkerDeploymentVersionMetadata({
      namespace: this.#namespace,
      identity: this.#client.options.identity,
      deploymentVersion: { deploymentName, buildId: id },
      upsertEntries: { release: this.#converter.toPayload(release) },
    });
  }

  /** Sends new runs to a version of a release. False where somebody has changed something since. */
  async makeCurrent(
    id: string,
    { release, token }: { readonly release: string; readonly token: Uint8Array },
  ): Promise<boolean> {
    // First, so that nobody sees it current and doesn't know of which release it is.
    await this.tellRelease(id, release);
    const { identity } = this.#client.options;
    const request = { namespace: this.#namespace, identity, deploymentName, buildId: id, conflictToken: token };
    const answer = await unless(failedPrecondition, () =>
      unless(aborted, () => this.#service.setWorkerDeploymentCurrentVersion(request)),
    );
    return answer !== undefined;
  }

  /** The versions of which a worker asked for work since then. */
  async servedSince(at: number): Promise<ReadonlySet<string>> {
    const { pollers } = await this.#service.describeTaskQueue({
      namespace: this.#namespace,
      taskQueue: { name: names.engineQueue },
      // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- as above
      taskQueueType: workflowQueue,
    });
    const there = pollers.filter(({ lastAccessTime }) => msOf(lastAccessTime) >= at);
    return new Set(there.map(({ deploymentOptions }) => deploymentOptions?.buildId ?? ''));
  }

  /** The executions that go on by a version. */
  async *executionsOf(id: string): AsyncGenerator<{ readonly workflowId: string; readonly runId: string }, void, void> {
    const query = `TemporalWorkerDeploymentVersion = '${deploymentName}:${id}' AND ExecutionStatus = 'Running'`;
    for await (const { workflowId, runId } of this.#client.workflow.list({ query })) yield { workflowId, runId };
  }

  /** Asks an execution to go on in a new one, by the current version. One that has ended needn't. */
  async move({ workflowId, runId }: { readonly workflowId: string; readonly runId: string }): Promise<void> {
    try {
      await this.#client.workflow.getHandle(workflowId, runId).signal(names.moveSignal);
    } catch (cause) {
      if (!(cause instanceof WorkflowNotFoundError)) throw cause;
    }
  }

  get #service(): Client['workflowService'] {
    return this.#client.workflowService;
  }

  /** What it converts is no run's: it isn't encrypted. */
  get #converter(): PayloadConverter {
    return this.#client.options.loadedDataConverter.payloadConverter;
  }
}

function msOf(time: { readonly seconds?: unknown; readonly nanos?: number | null } | null | undefined): number {
  return Number(time?.seconds ?? 0) * 1000 + Math.floor((time?.nanos ?? 0) / 1_000_000);
}

async function unless<Result>(code: number, action: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await action();
  } catch (cause) {
    const answered: number | undefined = isGrpcServiceError(cause) ? cause.code : undefined;
    if (answered === code) return undefined;
    throw cause;
  }
}
