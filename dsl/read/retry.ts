import type { RetryClass, RetryPolicy } from '../../schemas/index.ts';
import { quote } from '../quote.ts';
import type { TreeNode } from '../tree/node.ts';
import { type KeyTable, readFields } from './fields.ts';
import { readDuration, readWord } from './literals.ts';
import { type Reading, reportWrongType } from './reading.ts';
import { type Place, readNumber, readNumberTemplate } from './templates.ts';

/** What `retry:` can have. */
export const retryKeys: KeyTable<'attempts' | 'initial-interval' | 'backoff-coefficient' | 'maximum-interval' | 'on'> =
  {
    what: 'a retry',
    keys: ['attempts', 'initial-interval', 'backoff-coefficient', 'maximum-interval', 'on'],
  };

/** What `on:` of a retry can name. */
export const retryClasses: readonly RetryClass[] = ['failure', 'timeout', 'lost', 'limit', 'denied'];

const defaultAttempts = 3;
/** More is a loop, not a retry. */
const mostAttempts = 1000;
const defaultInitialMs = 1000;
const defaultCoefficient = 2;
const mostCoefficient = 1000;
/** Times the initial interval. */
const defaultMaximumFactor = 100;
const defaultClasses: readonly RetryClass[] = ['failure', 'timeout', 'lost'];

/** `retry:` -> policy, with every default filled in. */
export function readRetry(reading: Reading, node: TreeNode, place: Place): RetryPolicy | undefined {
  const fields = readFields(reading, node, retryKeys);
  if (fields === undefined) return undefined;
  const attempts = fields.get('attempts')?.value;
  const coefficient = fields.get('backoff-coefficient')?.value;
  const initial = interval(reading, fields.get('initial-interval')?.value, '`initial-interval`') ?? defaultInitialMs;
  const maximumNode = fields.get('maximum-interval')?.value;
  const maximum = interval(reading, maximumNode, '`maximum-interval`');
  if (maximum !== undefined && maximumNode !== undefined && maximum < initial) {
    reading.report.error(maximumNode.span, {
      code: 'INVALID_VALUE',
      message: `\`maximum-interval\` is ${maximum} ms, less than the initial interval of ${initial} ms`,
      remedy: 'Make it at least as long as `initial-interval`.',
    });
  }
  return {
    attempts:
      attempts === undefined
        ? { kind: 'literal', value: defaultAttempts }
        : readNumberTemplate(reading, attempts, {
            ...place,
            subject: '`attempts`',
            integer: true,
            minimum: 1,
            maximum: mostAttempts,
          }),
    initial_interval_ms: initial,
    backoff_coefficient:
      (coefficient === undefined ? undefined : readCoefficient(reading, coefficient)) ?? defaultCoefficient,
    maximum_interval_ms: maximum ?? Math.min(initial * defaultMaximumFactor, Number.MAX_SAFE_INTEGER),
    on: readClasses(reading, fields.get('on')?.value),
  };
}

function interval(reading: Reading, node: TreeNode | undefined, subject: string): number | undefined {
  return node === undefined ? undefined : readDuration(reading, node, { subject, minimum_ms: 0 });
}

function readCoefficient(reading: Reading, node: TreeNode): number | undefined {
  return readNumber(reading, node, {
    subject: '`backoff-coefficient`',
    integer: false,
    minimum: 1,
    maximum: mostCoefficient,
  });
}

function readClasses(reading: Reading, node: TreeNode | undefined): readonly RetryClass[] {
  if (node === undefined) return defaultClasses;
  const field = { subject: 'a class of `on`', words: retryClasses };
  if (node.kind === 'scalar' && typeof node.value === 'string') {
    const word = readWord(reading, node, field);
    return word === undefined ? [] : [word];
  }
  if (node.kind !== 'sequence') {
    reportWrongType(reading, node, {
      subject: '`on` of a retry',
      expected: 'a list',
      remedy: `Name some of: ${retryClasses.join(', ')}.`,
    });
    return [];
  }
  if (node.items.length === 0) {
    reading.report.error(node.span, {
      code: 'EMPTY',
      message: '`on` of a retry is empty, so nothing would ever be retried',
      remedy: `Name some of: ${retryClasses.join(', ')}.`,
    });
  }
  const classes: RetryClass[] = [];
  for (const item of node.items) {
    const word = readWord(reading, item, field);
    if (word === undefined) continue;
    if (classes.includes(word)) {
      reading.report.error(item.span, {
        code: 'DUPLICATE_ID',
        message: `${quote(word)} stands here twice`,
        remedy: 'Remove one.',
      });
    } else classes.push(word);
  }
  return classes;
}
