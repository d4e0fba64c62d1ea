import { workflowInfo } from '@temporalio/workflow';

/** How long the history of an execution may grow: below 1 MB, and short enough to be replayed in a moment. */
export const historyLimit: { events: number; bytes: number } = { events: 2000, bytes: 600 * 1024 };

/** True where the history has grown so long that the workflow had better go on in a new execution. */
export function isHistoryLong(): boolean {
  const { historyLength, historySize, continueAsNewSuggested } = workflowInfo();
  return continueAsNewSuggested || historyLength > historyLimit.events || historySize > historyLimit.bytes;
}
