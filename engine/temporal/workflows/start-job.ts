import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, sleep, startChild } from '@temporalio/workflow';
import type { JobStart } from '../../machine/index.ts';
import { type JobInput, jobWorkflowId, names } from '../protocol.ts';
import { searchAttributesOf } from '../search-attributes.ts';
import { hasSearchAttributes } from './shown-status.ts';

/** How soon a job is started again whose workflow of an earlier attempt isn't closed yet, and how seldom at most. */
const firstPauseMs = 100;
const mostPauseMs = 5000;

/** Starts the workflow of a job of a `workflow`. Resolves when it is there. */
export async function startJobWorkflow(
  input: JobInput,
  { id, name, workflow }: Pick<JobStart, 'id' | 'name'> & { readonly workflow: string },
): Promise<void> {
  const { run, tenant, key } = input;
  const typedSearchAttributes = searchAttributesOf({ tenant, workflow, run, job: id });
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, mostPauseMs)) {
    try {
      await startChild(names.jobWorkflow, {
        workflowId: jobWorkflowId(run, key),
        args: [input],
        // It reports its end by a signal, so that run and job may go on in new executions at any time.
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: name,
        memo: { run, job: key, name, workflow, tenant },
        ...(hasSearchAttributes() ? { typedSearchAttributes } : {}),
      });
      return;
    } catch (cause) {
      // That of an earlier attempt of the run has told its end, and is about to be closed.
      if (!(cause instanceof WorkflowExecutionAlreadyStartedError)) throw cause;
      await sleep(pauseMs);
    }
  }
}
