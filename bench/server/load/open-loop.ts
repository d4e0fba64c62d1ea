import { setTimeout } from 'node:timers/promises';
import { createRequests } from './requests.ts';
import type { Latencies, OpenLoopTask } from './tasks.ts';

/** Each request has its time, kept whatever becomes of the others; one that is sent late is late by that, too. */
export async function openLoop(task: OpenLoopTask): Promise<Latencies> {
  await using requests = createRequests(task);
  const everyMs = 1000 / task.perSecond;
  const start = performance.now();
  const sent: Promise<unknown>[] = [];
  while (sent.length < task.count) {
    const due = start + sent.length * everyMs;
    const early = due - performance.now();
    if (early > 0) await setTimeout(early);
    else sent.push(requests.send(task.request, due, sent.length));
  }
  await Promise.all(sent);
  return requests.result();
}
