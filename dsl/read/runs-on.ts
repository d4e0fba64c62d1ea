import type { PlannedFleet, Template } from '../../schemas/index.ts';
import { quote } from '../quote.ts';
import type { Span } from '../source/report.ts';
import { suggestion } from '../suggest.ts';
import type { MappingEntry, TreeNode } from '../tree/node.ts';
import { holdsExpression } from '../tree/query.ts';
import { readFleet } from './fleet.ts';
import { readLiteralText } from './literals.ts';
import { type Reading, reportWrongType } from './reading.ts';
import { type Place, readTextTemplate } from './templates.ts';

const defaultQueue: Template = { kind: 'literal', value: 'local' };
const queuePattern = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}$/;
const oneQueue = 'Name one queue: `runs-on: local`.';

/** Where a job runs. */
export interface RunsOn {
  readonly queue: Template;
  /** Where it runs on several hosts of the queue. */
  readonly fleet?: PlannedFleet;
  /** Where the queue stands. */
  readonly span?: Span;
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
    return { queue: readQueue(reading, entry.value, { ...place, subject: '`runs-on`' }), span: entry.value.span };
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
  return { queue: readQueue(reading, queue, { ...place, subject: '`queue`' }), fleet, span: queue.span };
}

function readQueue(reading: Reading, node: TreeNode, field: Place & { readonly subject: string }): Template {
  if (node.kind === 'sequence' || node.kind === 'mapping') {
    reportWrongType(reading, node, { subject: field.subject, expected: 'the name of one queue', remedy: oneQueue });
    return defaultQueue;
  }
  if (holdsExpression(node)) return readTextTemplate(reading, node, field);
  const queue = readLiteralText(reading, node, field);
  if (queue === undefined) return defaultQueue;
  if (!queuePattern.test(queue)) {
    reading.report.error(node.span, {
      code: 'INVALID_VALUE',
      message: `${quote(queue)} can't be the name of a queue`,
      remedy: 'Use letters, digits, -, _, ., : and /, at most 200 of them.',
    });
  }
  return { kind: 'literal', value: queue };
}

/** Warns of a queue that no agent has ever served, where it is known which have been. */
export function warnOfUnknownQueue(reading: Reading, { queue }: RunsOn, span: Span): void {
  const { knownQueues } = reading;
  if (knownQueues === undefined || queue.kind !== 'literal' || typeof queue.value !== 'string') return;
  if (!queuePattern.test(queue.value) || knownQueues.includes(queue.value)) return;
  const { remedy, ...meant } = suggestion(queue.value, knownQueues);
  reading.report.warning(span, {
    code: 'UNKNOWN_QUEUE',
    message: `no agent has ever served the queue ${quote(queue.value)}, so the job would wait for one`,
    ...meant,
    remedy: knownQueues.length === 0 ? 'Start an agent that serves it.' : `${remedy} Or start an agent that serves it.`,
  });
}
