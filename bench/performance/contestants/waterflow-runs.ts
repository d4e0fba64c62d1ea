import type { Served } from '../../server/process.ts';
import { fibonacciCommand, logCommand, type ScenarioName, sizes } from '../scenarios.ts';
import { submissionsASecond, timed } from './contestant.ts';
import { jobsAtOnce, stepsInARow } from './workflow-files.ts';

const header = { on: 'manual', runsOn: 'work' };
/** On which no agent looks; an embedded engine serves every name, and waits in the step. */
const waiting = `name: waiting
on: manual
jobs:
  work:
    runs-on: nobody
    steps:
      - { uses: wait-for@v1, with: { signal: go, timeout: 1h } }
`;

/** What a server of Waterflow does in the scenarios of runs, asked over its API. */
export function runsOf({ url, headers }: Pick<Served, 'url' | 'headers'>): {
  readonly does: Readonly<Partial<Record<ScenarioName, () => Promise<number>>>>;
  /** A run of 100 jobs at once, to its end. */
  readonly fanOut: () => Promise<number>;
} {
  const ask = async (path: string, body?: { readonly type: string; readonly text: string }): Promise<Response> => {
    const post = body && { method: 'POST', body: body.text, headers: { ...headers, 'content-type': body.type } };
    const answer = await fetch(new URL(path, url), post ?? { headers });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const submit = async (text: string): Promise<string> => {
    const answer = await ask('/v1/workflows', { type: 'application/yaml', text });
    return ((await answer.json()) as { readonly id: string }).id; // As the API says.
  };
  const ended = async (run: string, status: string): Promise<void> => {
    let seen = '';
    for (;;) {
      const query = seen === '' ? '' : `?wait=60s&while=${seen}`;
      const answer = await ask(`/v1/workflows/${run}${query}`);
      const shown = (await answer.json()) as { readonly status: string; readonly ended_at?: string }; // As the API says.
      if (shown.ended_at !== undefined && shown.status === status) return;
      if (shown.ended_at !== undefined) throw new Error(`${run} has ended with ${shown.status}`);
      seen = shown.status;
    }
  };
  const toEnd = (text: string) => () => timed(async () => ended(await submit(text), 'success'));
  const fanOut = toEnd(jobsAtOnce(sizes.fanOut, { run: 'echo one' }, header));
  const steps = (count: number, run: string): (() => Promise<number>) => toEnd(stepsInARow(count, { run }, header));
  const log = stepsInARow(1, { run: logCommand }, header);
  return {
    fanOut,
    does: {
      'short-tasks': steps(sizes.shortTasks, fibonacciCommand('short')),
      'long-tasks': steps(sizes.longTasks, fibonacciCommand('long')),
      'three-steps': steps(sizes.steps, 'echo one'),
      'fan-out': fanOut,
      chain: toEnd(stepsInARow(sizes.chain, { uses: 'now@v1' }, header)),
      'submit-rate': async () => {
        const runs: string[] = [];
        const rate = await submissionsASecond(async () => void runs.push(await submit(waiting)));
        for (const run of runs) await ask(`/v1/workflows/${run}/cancel`, { type: 'application/json', text: '{}' });
        for (const run of runs) await ended(run, 'cancelled');
        return rate;
      },
      'log-throughput': async () => {
        const start = performance.now();
        const run = await submit(log);
        await ended(run, 'success');
        const milliseconds = performance.now() - start;
        const kept = (await (await ask(`/v1/workflows/${run}/logs?format=text`)).text()).match(
          /a line of a log/gu,
        )?.length;
        if (kept !== sizes.logLines) throw new Error(`${kept} lines of ${sizes.logLines} were kept`);
        return (1000 * sizes.logLines) / milliseconds;
      },
    },
  };
}
