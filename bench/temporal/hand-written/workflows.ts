import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from './activities.ts';

/** As anybody writes it. Without a queue the activities are done by the workflow's own worker. */
function activitiesOn(taskQueue: string | undefined): Activities {
  return proxyActivities<Activities>({
    startToCloseTimeout: '1 minute',
    ...(taskQueue === undefined ? {} : { taskQueue }),
  });
}

/** So many activities one after the other; when the first one began, in ms since the epoch. */
export async function inARow(count: number, queue?: string): Promise<number> {
  const { now } = activitiesOn(queue);
  const first = await now();
  for (let done = 1; done < count; done += 1) await now();
  return first;
}

/** An activity on each of these queues at once; `undefined` is the worker's own. */
export async function atOnce(queues: readonly (string | null)[]): Promise<void> {
  await Promise.all(queues.map((queue) => activitiesOn(queue ?? undefined).now()));
}

/** So many times a script, one after the other. */
export async function scriptsInARow(count: number, command: string): Promise<void> {
  const { script } = activitiesOn(undefined);
  for (let done = 0; done < count; done += 1) await script(command);
}

/** So many times a script, at once. */
export async function scriptsAtOnce(count: number, command: string): Promise<void> {
  const { script } = activitiesOn(undefined);
  await Promise.all(Array.from({ length: count }, () => script(command)));
}
