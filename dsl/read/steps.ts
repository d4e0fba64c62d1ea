import { quote } from '../quote.ts';
import type { SpanFix } from '../source/report.ts';
import type { MappingEntry, MappingNode, TreeNode } from '../tree/node.ts';
import { keysOf } from '../tree/query.ts';
import { indentFurtherLines, insertion } from './indent.ts';
import { type Reading, reportWrongType } from './reading.ts';

/** Of one job, those inside of steps with them: each has its place in the state of a run. */
const mostSteps = 10_000;

/** The entries of a list of steps under a key; none where it has none or is no list, which is reported. */
export function stepItems(
  reading: Reading,
  { keySpan, value: node }: MappingEntry,
  list: { readonly subject: string; readonly empty: string; readonly remedy: string },
): readonly TreeNode[] {
  const isEmpty =
    (node.kind === 'scalar' && node.value === null) || (node.kind === 'sequence' && node.items.length === 0);
  if (isEmpty) {
    reading.report.error(node.span, { code: 'EMPTY', message: list.empty, remedy: list.remedy });
    return [];
  }
  if (node.kind === 'sequence') return node.items;
  if (node.kind === 'mapping' && keysOf(node).some((key) => key === 'run' || key === 'uses')) {
    reading.report.error(node.span, {
      code: 'WRONG_TYPE',
      message: `${list.subject} must be a list of steps, and this is one step`,
      remedy: 'Begin it with `- `.',
      // Behind an alias stands what others use as well.
      ...(node.span.start < keySpan.start ? {} : { fix: listFix(reading, node) }),
    });
    return [];
  }
  reportWrongType(reading, node, { subject: list.subject, expected: 'a list', remedy: 'Begin each step with `- `.' });
  return [];
}

/** Makes a list of one step: brackets around it, or a dash before it and its other lines indented as deep. */
function listFix({ source }: Reading, { span }: MappingNode): SpanFix {
  const isFlow = source.charAt(span.start) === '{';
  return {
    description: 'make a list of it',
    edits: isFlow
      ? [insertion(span.start, '['), insertion(span.end, ']')]
      : [insertion(span.start, '- '), ...indentFurtherLines(source, span)],
  };
}

/** Counts the steps of a job while they are read. */
export class StepCount {
  readonly #job: string;
  #count = 0;

  constructor(job: string) {
    this.#job = job;
  }

  /** False for a step too many; the first of them is reported. */
  admits(reading: Reading, step: TreeNode): boolean {
    this.#count += 1;
    if (this.#count === mostSteps + 1) {
      reading.report.error(step.span, {
        code: 'INVALID_VALUE',
        message: `the job ${quote(this.#job)} has more than ${mostSteps} steps`,
        remedy: 'Make several jobs of it, or a loop with `for-each@v1`.',
      });
    }
    return this.#count <= mostSteps;
  }
}
