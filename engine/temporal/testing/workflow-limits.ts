import type { WorkflowInterceptors } from '@temporalio/workflow';
import { historyLimit } from '../workflows/history-limit.ts';

/** For tests, a module of the bundle: workflows go on in a new execution after a few events already. */
export function interceptors(): WorkflowInterceptors {
  historyLimit.events = 60;
  return {};
}
