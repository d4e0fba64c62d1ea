import { isQueueName, type PlannedFleet, type PlannedJob, queueNameRule, type Template } from '../../schemas/index.ts';
import { quote } from '../quote.ts';
import { allSteps } from '../steps.ts';
import { suggestion } from '../suggest.ts';
import type { MappingEntry, TreeNode } from '../tree/node.ts';
import { holdsExpression, valueAt } from '../tree/query.ts';
import { readFleet } from './fleet.ts';
import { readLiteralText } from './literals.ts';
import { type Reading, reportWrongType } from './reading.ts';
import { type Place, readTextTemplate } from './templates.ts';

const defaultQueue: Template = { kind: 'literal', value: 'local' };
const oneQueue = 'Name one queue: `runs-on: local`.';

/** Where a job runs. */
export interface RunsOn {
  readonly queue: Template;
  /** Where it runs on several hosts of the queue. */
  readonly fleet?: PlannedFleet;
}

/** The keys of a job that say where it runs. */
export interface RunsOnKeys {
  readonly entry: MappingEntry | undefined;
  readonly strategy: MappingEntry | undefined;
}

/** `runs-on:` -> a queue, and how many of its hosts. */
export function readRunsOn(reading: Reading, { entry, strategy }: RunsOnKeys, place: Place): RunsOn {
  if (entry === undefined) return { queue: defaultQueue };
  if (entry.value.kind !== 'mapping') {
    return { queue: readQueue(reading, entry.value, { ...place, subject: '`runs-on`' }) };
  }
  if (strategy !== undefined) {
    reading.report.error(strategy.keySpan, {
      code: 'INVALID_VALUE',
      message: 'a job runs on several hosts or has a `strategy`, and this one has both',
      remedy:
        'Put the job into a workflow of its own, and call it by `uses: ./other.yml` from a job with the `strategy`.',
    });
  }
  const read = readFleet(reading, entry, place);
  if (read === undefined) return { queue: defaultQueue };
  const { queue, fleet } = read;
  if (queue === undefined) return { queue: defaultQueue, fleet };
  return { queue: readQueue(reading, queue, { ...place, subject: '`queue`' }), fleet };
}

function readQueue(reading: Reading, node: TreeNode, field: Place & { readonly subject: string }): Template {
  if (node.kind === 'sequence' || node.kind === 'mapping') {
    reportWrongType(reading, node, { subject: field.subject, expected: 'the name of one queue', remedy: oneQueue });
    return defaultQueue;
  }
  if (holdsExpression(node)) return readTextTemplate(reading, node, field);
  const queue = readLiteralText(reading, node, field);
  if (queue === undefined) return defaultQueue;
  if (!isQueueName(queue)) {
    reading.report.error(node.span, {
      code: 'INVALID_VALUE',
      message: `${quote(queue)} can't be the name of a queue`,
      remedy: queueNameRule,
    });
  }
  return { kind: 'literal', value: queue };
}

/** Warns of a queue that no agent has ever served, where it is known which have been. */
export function warnOfUnknownQueue(reading: Reading, entry: MappingEntry, job: PlannedJob): void {
  const { knownQueues } = reading;
  if (knownQueues === undefined || job.runs_on.kind !== 'literal' || !claimsAgent(job)) return;
  const { value: queue } = job.runs_on;
  if (typeof queue !== 'string' || !isQueueName(queue) || knownQueues.includes(queue)) return;
  const runsOn = valueAt(entry.value, 'runs-on');
  const place = runsOn?.kind === 'mapping' ? valueAt(runsOn, 'queue') : runsOn;
  const { remedy, ...meant } = suggestion(queue, knownQueues);
  const guess = knownQueues.length === 0 ? '' : `${remedy} `;
  reading.report.warning(place?.span ?? entry.keySpan, {
    code: 'UNKNOWN_QUEUE',
    message: `no agent has ever served the queue ${quote(queue)}, so the job ${quote(entry.key)} would wait for one`,
    remedy: `${guess}Start an agent that serves it, or name another queue under \`runs-on\`.`,
    ...(place === undefined ? {} : meant),
  });
}

/** The machine carries out control nodes itself; a job of them alone claims no agent. */
function claimsAgent(job: PlannedJob): boolean {
  return Array.from(allSteps(job)).some(({ step }) => step.kind === 'plugin');
}
