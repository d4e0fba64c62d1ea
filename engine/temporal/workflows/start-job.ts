import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, sleep, startChild } from '@temporalio/workflow';
import { type JobBeginning, jobBeginningOptions } from '../job-beginning.ts';
import { names } from '../protocol.ts';

/** How soon a job is started again whose workflow of an earlier attempt isn't closed yet, and how seldom at most. */
const firstPauseMs = 100;
const mostPauseMs = 5000;

/** Starts the workflow of a job. Resolves when it is there. */
export async function startJobWorkflow(job: JobBeginning): Promise<void> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, mostPauseMs)) {
    try {
      // It reports its end by a signal, so that run and job may go on in new executions at any time.
      await startChild(names.jobWorkflow, {
        ...jobBeginningOptions(job),
        parentClosePolicy: ParentClosePolicy.ABANDON,
      });
      return;
    } catch (cause) {
      // That of an earlier attempt of the run has told its end, and is about to be closed.
      if (!(cause instanceof WorkflowExecutionAlreadyStartedError)) throw cause;
      await sleep(pauseMs);
    }
  }
}
