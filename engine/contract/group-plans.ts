import type { ExampleHead, ExampleWorkflow } from './plans.ts';
import type { World } from './world.ts';

/** One job that holds its group for long. */
export function takingLong({ longMs }: World): ExampleWorkflow {
  return { build: { steps: [{ id: 'work', with: { takes_ms: longMs } }] } };
}

/** The head of a workflow whose runs are in a group. */
export function inGroup(group: string, cancelInProgress = false): { readonly head: ExampleHead } {
  return { head: { concurrency: { group, cancelInProgress } } };
}
