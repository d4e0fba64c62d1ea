import { isJsonList, isJsonObject, isQueueName, type Json, queueNameRule } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import type { SettingReader } from './setting-reader.ts';

const form = { flag: 'task-queues', environment: 'TASK_QUEUES' };
const mostJobs = 1000;

/** The queues of an agent, each with its jobs at a time: `task-queues`, or `deploy,build=4` in TASK_QUEUES. */
export function readQueues(reader: SettingReader, slots: number): Readonly<Record<string, number>> {
  const value = reader.json('task-queues', form);
  const queues = new Map<string, number>();
  for (const [queue, count] of entriesOf(value)) {
    if (!isQueueName(queue) || isReserved(queue)) throw refuseName(reader, queue);
    const jobs = count === undefined ? slots : count;
    if (!Number.isInteger(jobs) || jobs < 1 || jobs > mostJobs) throw refuseCount(reader, queue);
    queues.set(queue, jobs);
  }
  if (queues.size === 0) throw noQueue();
  return Object.fromEntries(queues);
}

function entriesOf(value: Json | undefined): readonly (readonly [string, number | undefined])[] {
  if (typeof value === 'string') {
    const words = value.split(',').map((word) => word.trim());
    return words.filter((word) => word !== '').map(entryOf);
  }
  if (isJsonList(value)) return value.map((queue) => [typeof queue === 'string' ? queue : '', undefined]);
  return isJsonObject(value) ? Object.entries(value).map(([queue, count]) => [queue, Number(count)]) : [];
}

function entryOf(word: string): readonly [string, number | undefined] {
  const at = word.lastIndexOf('=');
  return at < 0 ? [word, undefined] : [word.slice(0, at), Number(word.slice(at + 1) || Number.NaN)];
}

/** Those of the engine's own workers, and of agents by themselves. */
function isReserved(queue: string): boolean {
  return queue === 'waterflow-engine' || queue.startsWith('waterflow-agent/');
}

function refuseName(reader: SettingReader, queue: string): Error {
  const remedy = 'Name the queues that `runs-on` of workflows has.';
  if (queue === '') return reader.refusal('task-queues', form, { message: 'has a queue without a name', remedy });
  if (isReserved(queue)) {
    return reader.refusal('task-queues', form, {
      message: `has ${queue}, which is a queue of Waterflow's own`,
      remedy,
    });
  }
  return reader.refusal('task-queues', form, {
    message: `has ${JSON.stringify(queue)}, which can't be the name of a queue`,
    remedy: `${queueNameRule} Several queues have commas between them: deploy,build=4.`,
  });
}

function refuseCount(reader: SettingReader, queue: string): Error {
  return reader.refusal('task-queues', form, {
    message: `says no number of jobs from 1 to ${mostJobs} for ${queue}`,
    remedy: 'Write `deploy=4`, or `deploy` alone for the number of `slots`.',
  });
}

function noQueue(): Error {
  return usageError(
    'the agent has no queue to take jobs from',
    'Name those of `runs-on`: TASK_QUEUES=deploy,build=4, --task-queues, or `task-queues` in agent.yaml.',
  );
}
