import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { type RunId, WaterflowFailure } from '../../schemas/index.ts';
import { names, type RunInput } from './protocol.ts';
import type { SearchAttributesUse } from './register-attributes.ts';
import { searchAttributesOf } from './search-attributes.ts';

/** What a run is begun with. */
export interface BeginParts {
  readonly client: Client;
  readonly searchAttributes: SearchAttributesUse;
  readonly tenant: string;
  /** What becomes of it where a workflow of that run has ended. */
  readonly reuse: 'REJECT_DUPLICATE' | 'ALLOW_DUPLICATE';
}

/** Has Temporal carry a run out. RUN_STATE where a workflow of it goes on, or may not be reused. */
export async function beginRun(
  input: RunInput,
  { client, searchAttributes, tenant, reuse }: BeginParts,
): Promise<void> {
  const { run, plan } = input;
  const { name: workflow, file } = plan;
  try {
    await searchAttributes.begin((use) =>
      client.workflow.start(names.runWorkflow, {
        workflowId: run,
        taskQueue: names.engineQueue,
        args: [input],
        staticSummary: workflow,
        staticDetails: `${file}, of the tenant ${tenant}`,
        memo: { run, workflow, file, tenant },
        ...(use === 'with' ? { typedSearchAttributes: searchAttributesOf({ tenant, workflow, run }) } : {}),
        workflowIdReusePolicy: reuse,
      }),
    );
  } catch (cause) {
    if (cause instanceof WorkflowExecutionAlreadyStartedError) throw alreadyThere(run, cause);
    throw cause;
  }
}

function alreadyThere(run: RunId, cause: unknown): WaterflowFailure {
  return new WaterflowFailure(
    { code: 'RUN_STATE', message: `there is a run ${run} already`, remedy: 'Let the engine make the id.' },
    { cause },
  );
}
