import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '@temporalio/common';
import {
  ApplicationFailure,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  getExternalWorkflowHandle,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from './activities.ts';

const { carry, fail } = proxyActivities<Activities>({ startToCloseTimeout: '30s', retry: { maximumAttempts: 1 } });
const local = proxyLocalActivities<Activities>({ startToCloseTimeout: '30s', retry: { maximumAttempts: 1 } });

export const tell: SignalDefinition<[string]> = defineSignal<[string]>('tell');
const report = defineSignal<[string]>('report');
export const change: UpdateDefinition<string, [string]> = defineUpdate<string, [string]>('change');
export const ask: QueryDefinition<string> = defineQuery<string>('ask');

/** Sends a text through everything that Temporal keeps, and ends with what it was told. */
export async function everywhere(text: string, hops = 1): Promise<string> {
  let told = '';
  let heard = '';
  setHandler(tell, (value) => {
    told = value;
  });
  setHandler(report, (value) => {
    heard = value;
  });
  setHandler(change, (value) => `changed ${value}`);
  setHandler(ask, () => text);
  upsertMemo({ kept: text });
  await carry(text);
  await local.carry(text);
  await fail(text).catch(() => undefined);
  await executeChild(failing, { args: [text] }).catch(() => undefined);
  await executeChild(reporting, { args: [workflowInfo().workflowId, text] });
  await condition(() => heard === text);
  if (hops > 0) await continueAsNew<typeof everywhere>(text, hops - 1);
  await condition(() => told !== '');
  return told;
}

/** Tells a text to a workflow, as a job does at its end. */
export async function reporting(to: string, text: string): Promise<string> {
  await getExternalWorkflowHandle(to).signal(report, text);
  return text;
}

/** Fails with a text in its message and its details. */
export async function failing(text: string): Promise<void> {
  throw ApplicationFailure.nonRetryable(text, 'Told', text);
}

/** Hands a text to an activity on a queue, and says how long what came back is. */
export async function length(text: string, queue: string): Promise<number> {
  const { carry } = proxyActivities<Activities>({
    startToCloseTimeout: '30s',
    retry: { maximumAttempts: 1 },
    taskQueue: queue,
  });
  const result = await carry(text);
  return result.length;
}
