import { DefaultLogger, type ReplayWorkerOptions, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type RecordedHistory,
  readHistories,
  recordedIn,
  recordings,
  writeHistories,
} from './testing/histories/read.ts';
import { scenarios } from './testing/histories/scenarios.ts';
import { replayedSinks } from './testing/replayed.ts';
import { bundleWorkflows } from './worker.ts';

/** What an event of a history says of itself, by its key. */
interface RecordedEvents {
  readonly events: readonly object[];
}

const recordedEvents = [
  'activityTaskCanceledEventAttributes',
  'activityTaskCompletedEventAttributes',
  'markerRecordedEventAttributes',
  'signalExternalWorkflowExecutionInitiatedEventAttributes',
  'startChildWorkflowExecutionInitiatedEventAttributes',
  'timerCanceledEventAttributes',
  'timerFiredEventAttributes',
  'workflowExecutionContinuedAsNewEventAttributes',
  'workflowExecutionUpdateCompletedEventAttributes',
];

describe('histories of runs that went on in Temporal', { timeout: 120_000 }, () => {
  let options: ReplayWorkerOptions = {};
  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
    options = { workflowBundle: await bundleWorkflows(), sinks: replayedSinks };
  }, 120_000);

  /** What keeps these workflows from going the way of histories, by workflow id. */
  async function strayed(histories: readonly RecordedHistory[]): Promise<readonly string[]> {
    const found: string[] = [];
    for await (const { workflowId, error } of Worker.runReplayHistories(options, [...histories]))
      if (error !== undefined) found.push(`${workflowId}: ${error.message}`);
    return found;
  }

  it.each(recordings())('are replayed by these workflows: %s', async (name) => {
    expect(await strayed(recordedIn(name))).toEqual([]);
  });

  it('are there of all that was to be recorded, and have what workflows do', () => {
    expect(recordings().toSorted()).toEqual(scenarios.map(({ name }) => name).toSorted());
    const all = recordings().flatMap(recordedIn);
    const types = new Set(all.map(({ type }) => type));
    expect([...types].toSorted()).toEqual(['waterflowAgent', 'waterflowGroup', 'waterflowJob', 'waterflowRun']);
    const events = all.flatMap(({ history }) => (history as RecordedEvents).events.flatMap(Object.keys));
    expect(new Set(events)).toEqual(new Set([...events, ...recordedEvents]));
  });

  it('are not those of workflows that do something else', async () => {
    const [job] = recordedIn('jobs').filter(({ workflowId }) => workflowId.endsWith('/build'));
    if (job === undefined) throw new Error('no such job');
    const others = readHistories(writeHistories([job]).replaceAll('"name":"step"', '"name":"evaluate"'));
    expect(others).not.toEqual([job]);
    expect(await strayed([job])).toEqual([]);
    expect(await strayed(others)).toEqual([expect.stringMatching(/Nondeterminism error.*evaluate/u)]);
  });
});
