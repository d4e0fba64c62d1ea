import { parseDurationOrSeconds, type Template } from '../../schemas/index.ts';
import type { NodeDescription } from '../api.ts';
import { schemaProblems } from '../check/value-schema.ts';
import { quote } from '../quote.ts';
import type { Span } from '../source/report.ts';
import { nearest, suggest, suggestion } from '../suggest.ts';
import type { MappingEntry, TreeNode } from '../tree/node.ts';
import { holdsExpression } from '../tree/query.ts';
import type { Reading } from './reading.ts';
import { objectTemplate, type Place, readTemplate, reportExpressionInKey } from './templates.ts';

/** What a step gives its node, and the node, where the catalogue has it. */
export interface GivenInputs {
  readonly entries: readonly MappingEntry[];
  readonly node: NodeDescription | undefined;
  /** The value of `uses`, or the key `run`: where a missing input is reported. */
  readonly usesSpan: Span;
  /** The whole step, in which a missing input would be. */
  readonly stepSpan: Span;
}

/** Checks what a step gives its node against the node's inputs -> an object template. */
export function readInputs(reading: Reading, given: GivenInputs, place: Place): Template {
  if (given.node !== undefined) checkInputs(reading, given, given.node);
  return objectTemplate(
    given.entries.map((entry) => {
      reportExpressionInKey(reading, entry);
      return [entry.key, readTemplate(reading, entry.value, place)] as const;
    }),
  );
}

/** The machine itself reads what a control node is given, and a duration that is written out can be read before that. */
function checkDuration(reading: Reading, node: TreeNode): void {
  if (node.kind !== 'scalar' || holdsExpression(node) || parseDurationOrSeconds(node.value) !== undefined) return;
  reading.report.error(node.span, {
    code: 'INVALID_VALUE',
    message: `${quote(node.text)} is no duration`,
    remedy: 'Write 90 for seconds, or a duration like 500ms, 1h30m or PT1H30M.',
  });
}

function checkInputs(reading: Reading, { entries, usesSpan, stepSpan }: GivenInputs, node: NodeDescription): void {
  const names = Object.keys(node.inputs);
  const misspelt = new Set<string>();
  for (const { key, keySpan, value } of entries) {
    const schema = Object.hasOwn(node.inputs, key) ? node.inputs[key] : undefined;
    if (schema === undefined) {
      // A key that holds an expression is reported as such.
      if (key.includes('${{')) continue;
      misspelt.add(nearest(key, names) ?? '');
      reading.report.error(keySpan, {
        code: 'UNKNOWN_INPUT',
        message: `${quote(node.uses)} has no input ${quote(key)}`,
        ...suggestion(
          key,
          names.filter((name) => !entries.some((entry) => entry.key === name)),
        ),
        remedy: suggest(key, names),
      });
      continue;
    }
    const check = { schema, subject: `the input ${quote(key)}`, match: reading.matchPattern };
    const problems = schemaProblems(value, check);
    for (const { span, ...finding } of problems) reading.report.error(span, finding);
    if (problems.length === 0 && node.runtime === 'control' && key === 'duration') checkDuration(reading, value);
  }
  for (const [name, schema] of Object.entries(node.inputs)) {
    if (schema['required'] !== true || misspelt.has(name) || entries.some(({ key }) => key === name)) continue;
    const description = schema['description'];
    const about = typeof description === 'string' ? `: ${description.replace(/\.$/, '')}` : '';
    reading.report.error(usesSpan, {
      code: 'MISSING_INPUT',
      message: `${quote(node.uses)} needs the input ${quote(name)}`,
      remedy: `Add ${quote(`${name}:`)} under \`with\`${about}.`,
      within: stepSpan,
    });
  }
}
