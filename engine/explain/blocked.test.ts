import { expect, it } from 'vitest';
import type { JobKey, RunId } from '../../schemas/index.ts';
import { planOf } from '../contract/plans.ts';
import { detailsOfRun } from '../driving/inspect.ts';
import { type Addressed, Machines } from '../driving/machines.ts';
import { explain } from './explain.ts';
import { readHistory } from './history.ts';

const run = 'run-01kdvdnaz8es91za1b07y82tk5' as RunId; // It has the form of one.
const job = 'train' as JobKey; // As the plan names it.
const facts = { run, run_attempt: 1, tenant: 'default', inputs: {}, vars: {}, secrets: [] };
const at = Date.UTC(2026, 0, 1);

/** The machines of a run after events, with all that follows from them. */
function machinesAfter(events: readonly Addressed[]): Machines {
  const machines = new Machines(planOf({ train: { queue: 'gpu', steps: [{}] } }));
  const queue = [...events];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    queue.unshift(...(machines.apply(next)?.consequences.events ?? []));
  }
  return machines;
}

it('a run that waits for a queue without agents says for which, and who can help', async () => {
  const machines = machinesAfter([
    { machine: { kind: 'run' }, event: { type: 'run_started', at, facts } },
    {
      machine: { kind: 'job', job },
      event: { type: 'queue_blocked', at, job_attempt: 1, reason: 'no agent has connected to it' },
    },
  ]);
  const status = machines.status({ awaits: false });
  const info = {
    run,
    workflow: 'example',
    file: 'example.yml',
    name: 'example',
    attempt: 1,
    status,
    driven: true,
    created_at: new Date(at).toISOString(),
    awaits: [],
  };
  const details = detailsOfRun(machines, { info, logs: { tail: () => '' } });
  const history = await readHistory((async function* none(): AsyncGenerator<never> {})());
  const { answer, waits, next } = explain({ run: details, history, refused: [], earlier: [], gaps: [] });
  expect(answer).toBe('It is blocked: job `train` has no agent: no agent has connected to it.');
  expect(waits[0]?.who).toContain('start one that serves the queue');
  expect(next.map(({ words }) => words.join(' ')).slice(0, 2)).toEqual(['queues', 'agent --task-queues gpu']);
});
