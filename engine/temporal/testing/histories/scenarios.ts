import type { Client } from '@temporalio/client';
import { agentWorkflowId } from '../../../../agent/worker/protocol.ts';
import type { ExampleWorkflow } from '../../../contract/plans.ts';
import { answering, follow, reach, requestOf } from '../../../contract/world.ts';
import type { Engine, RunHandle, RunNotice } from '../../../port.ts';
import { names } from '../../protocol.ts';

/** Where what is recorded happens. */
export interface Stage {
  readonly engine: Engine;
  readonly client: Client;
}

/** What is recorded: it resolves once all runs have come to their end. */
export interface Scenario {
  readonly name: string;
  /** The hosts of every queue; else there is one. */
  readonly hosts?: readonly string[];
  readonly play: (stage: Stage) => Promise<void>;
}

/** The value that a scenario has to come to; a recording of something else would test something else. */
async function comesTo(handle: RunHandle, status: string, onNotice: (notice: RunNotice) => void = () => {}) {
  const { summary } = await follow(handle, onNotice);
  if (summary.status !== status) throw new Error(`the run came to ${JSON.stringify(summary)}`);
}

/** Asks a workflow to go on in a new execution, and waits until it has. */
async function move({ client }: Stage, workflow: string): Promise<void> {
  const handle = client.workflow.getHandle(workflow);
  const { runId: before } = await handle.describe();
  await handle.signal(names.moveSignal);
  while ((await handle.describe()).runId === before) await new Promise((resolve) => setTimeout(resolve, 50));
}

const by = 'ada';
const approve = () => ({ decision: 'approve' });
const waits = { id: 'ok', uses: 'approval@v1', with: { timeout: '48h' } };

const jobs: ExampleWorkflow = {
  build: {
    outputs: { n: '${{ steps.make.outputs.n }}' },
    steps: [
      { id: 'make', retry: { attempts: 3, initialMs: 1000 }, with: { fail_times: 1, outputs: { n: 1 } } },
      { id: 'skipped', if: "steps.make.outputs.n == '2'" },
      { id: 'branch', branch: { condition: "steps.make.outputs.n == '1'", then: [{ id: 'a' }], else: [{ id: 'b' }] } },
    ],
  },
  fails: {
    steps: [
      { id: 'fail', with: { fail_times: 9 } },
      { id: 'tidy', if: 'always()' },
    ],
  },
  after: { needs: ['build'], steps: [{ id: 'told', with: { outputs: { n: '${{ needs.build.outputs.n }}' } } }] },
  last: { needs: ['fails'], if: 'failure()', steps: [{ id: 'a' }] },
  never: { needs: ['fails'], steps: [{ id: 'a' }] },
};

/** Runs of many kinds, each in a namespace of its own. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'jobs',
    play: async ({ engine }) => comesTo(await engine.start(requestOf(jobs)), 'failure'),
  },
  {
    name: 'matrix-and-loop',
    play: async ({ engine }) =>
      comesTo(
        await engine.start(
          requestOf({
            cells: { matrix: { part: ['a', 'b', 'c'], size: [1, 2] }, steps: [{ id: 'work' }] },
            loop: {
              steps: [{ id: 'each', forEach: { items: [1, 2, 3, 4, 5], concurrency: 2, steps: [{ id: 'a' }] } }],
            },
            nap: { steps: [{ id: 'nap', uses: 'sleep@v1', with: { duration: '2s' } }, { id: 'awake' }] },
          }),
        ),
        'success',
      ),
  },
  {
    name: 'fleet',
    hosts: ['web-10', 'web-2', 'web-1', 'web-3'],
    play: async ({ engine }) =>
      comesTo(
        await engine.start(
          requestOf({
            deploy: {
              fleet: { hosts: 'all', canary: 1, batch: 1, max_failures: 1 },
              steps: [
                { id: 'go', with: { fail_times: "${{ endsWith(runner.name, '2') || endsWith(runner.name, '3') }}" } },
              ],
            },
            report: { needs: ['deploy'], if: 'always()', steps: [{ id: 'tell' }] },
          }),
        ),
        'failure',
      ),
  },
  {
    name: 'groups',
    async play(stage) {
      const { engine, client } = stage;
      const head = { concurrency: { group: 'deploy' } };
      const holds = await engine.start(requestOf({ build: { steps: [waits] } }, { head }));
      await reach(holds, { type: 'awaiting' });
      const next = await engine.start(requestOf({ build: { steps: [{ id: 'a' }] } }, { head }));
      await reach(next, { type: 'group_waiting' });
      for await (const { workflowId } of client.workflow.list({ query: `WorkflowType = '${names.groupWorkflow}'` }))
        await move(stage, workflowId);
      const hurries = { concurrency: { group: 'deploy', cancelInProgress: true } };
      const last = await engine.start(requestOf({ build: { steps: [{ id: 'a' }] } }, { head: hurries }));
      await comesTo(last, 'success');
      await Promise.all([holds.finished, next.finished]);
      const parts = { part: [1, 2, 3] };
      const ordered = { matrix: parts, concurrency: { group: 'web' }, steps: [{ id: 'work' }] };
      await comesTo(await engine.start(requestOf({ ordered })), 'success');
    },
  },
  {
    name: 'waits',
    async play(stage) {
      const { engine } = stage;
      const handle = await engine.start(
        requestOf({
          build: { steps: [{ id: 'draft' }, waits, { id: 'paid', uses: 'wait-for@v1', with: { signal: 'paid' } }] },
          late: { steps: [{ id: 'ok', uses: 'approval@v1', with: { timeout: '2s' } }], if: 'always()' },
          deploy: { environment: { name: 'production', approvers: [by] }, steps: [{ id: 'go' }] },
        }),
      );
      const answer = answering(handle, ({ name }) => (name === 'paid' ? { amount: 3 } : approve()));
      await comesTo(handle, 'failure', (notice) => {
        // Nobody answers that one.
        if (notice.type === 'awaiting' && notice.signal.name.includes('late')) return;
        answer(notice);
      });
    },
  },
  {
    name: 'operations',
    async play({ engine }) {
      const hangs: ExampleWorkflow = {
        work: {
          steps: [
            { id: 'hang', with: { hang: true } },
            { id: 'tidy', if: 'always()' },
          ],
        },
        after: { needs: ['work'], steps: [{ id: 'a' }] },
      };
      const [cancelled, killed] = [await engine.start(requestOf(hangs)), await engine.start(requestOf(hangs))];
      await reach(cancelled, { type: 'step_started' });
      await reach(killed, { type: 'step_started' });
      await engine.operate(cancelled.run, { kind: 'pause', by });
      await engine.operate(cancelled.run, { kind: 'resume', by });
      await engine.operate(cancelled.run, { kind: 'cancel', by, reason: 'enough' });
      await engine.operate(killed.run, { kind: 'terminate', by });
      await Promise.all([cancelled.finished, killed.finished]);
    },
  },
  {
    name: 'rerun',
    async play({ engine }) {
      const workflow: ExampleWorkflow = {
        first: { steps: [{ id: 'a' }] },
        fails: {
          needs: ['first'],
          steps: [{ id: 'b', with: { fail_times: "${{ inputs.fail == 'yes' && 9 || 0 }}" } }],
        },
      };
      const { run, finished } = await engine.start(requestOf(workflow, { inputs: { fail: 'yes' } }));
      await finished;
      const request = { by, what: { kind: 'failed' }, inputs: { fail: 'no' }, secrets: {} } as const;
      await comesTo(await engine.rerun(run, request), 'success');
    },
  },
  {
    name: 'new-executions',
    async play(stage) {
      const { engine, client } = stage;
      const handle = await engine.start(
        requestOf({ build: { steps: [waits, { id: 'a' }] }, other: { steps: [waits] } }),
      );
      const awaited = new Set<string>();
      for await (const notice of handle.notices) {
        if (notice.type === 'awaiting') awaited.add(notice.signal.name);
        if (awaited.size === 2) break;
      }
      await move(stage, `${handle.run}/build`);
      await move(stage, handle.run);
      await move(stage, agentWorkflowId('scripted'));
      const unserved = await engine.start(requestOf({ build: { queue: 'nobody', steps: [{ id: 'a' }] } }));
      await reach(unserved, { type: 'job_blocked' });
      await move(stage, `${unserved.run}/build`);
      await engine.operate(unserved.run, { kind: 'cancel', by });
      await unserved.finished;
      for (const name of awaited)
        await engine.operate(handle.run, { kind: 'signal', signal: { name, by, payload: approve() } });
      await handle.finished;
      await client.workflow.getHandle(handle.run).result();
    },
  },
];
