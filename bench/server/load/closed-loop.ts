import { createRequests } from './requests.ts';
import type { ClosedLoopTask, Latencies } from './tasks.ts';

const tellEvery = 1000;
const submitted = /"id":"(?<run>run-[^"]+)"/u;

/** Sends requests in turn, each when one before has been answered. */
export async function closedLoop(task: ClosedLoopTask, done: (count: number) => void): Promise<Latencies> {
  await using requests = createRequests(task);
  let [next, answered, run] = [0, 0, task.run];
  const client = async (): Promise<void> => {
    while (next < task.count) {
      const number = next;
      next += 1;
      const kind = task.requests[number % task.requests.length];
      if (kind === undefined) return;
      const path = kind.path.replace('{run}', run);
      const text = await requests.send({ ...kind, path }, performance.now(), number);
      if (kind.method === 'POST') run = submitted.exec(text ?? '')?.groups?.['run'] ?? run;
      answered += 1;
      if (answered % tellEvery === 0) done(answered);
    }
  };
  await Promise.all(Array.from({ length: task.atOnce }, client));
  return requests.result();
}
