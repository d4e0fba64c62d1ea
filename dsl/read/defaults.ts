import { schemaProblems } from '../check/value-schema.ts';
import { type ExpressionScope, expressionScope, expressionsOf } from '../expressions/index.ts';
import { quote } from '../quote.ts';
import type { MappingEntry, TreeNode } from '../tree/node.ts';
import { keysOf } from '../tree/query.ts';
import { type KeyTable, readFields } from './fields.ts';
import type { Reading } from './reading.ts';
import { type Place, readTemplate } from './templates.ts';

/** What `defaults:` can have. */
export const defaultsKeys: KeyTable<'run'> = { what: 'the defaults', keys: ['run'] };

/** What `run:` of the defaults can have. */
export const runDefaultsKeys: KeyTable<'shell' | 'working-directory'> = {
  what: 'the defaults of scripts',
  keys: ['shell', 'working-directory'],
};

/** What scripts have where they don't say otherwise: the keys with their values, where they stand. */
export type RunDefaults = Readonly<Partial<Record<'shell' | 'working-directory', MappingEntry>>>;

/** No defaults at all. */
export const noDefaults: RunDefaults = {};

/** Each script repeats it, so that a long one would make a large plan of a small file. */
const longestDefault = 1000;
/** Each script checks expressions once more, so that these are bounded further. */
const longestWithExpressions = 200;
const mostExpressions = 5;
/** Whatever a step may read: which step it will be isn't known here. */
const anyStep: ExpressionScope = expressionScope('step-with');

/** `defaults:` of the workflow or a job, over those around. Each step checks what it takes of them once more, with all that it sees. */
export function readDefaults(reading: Reading, node: TreeNode | undefined, around: RunDefaults): RunDefaults {
  const table = node === undefined ? defaultsKeys : { ...defaultsKeys, elsewhere: belongsToRun(node) };
  const run = node === undefined ? undefined : readFields(reading, node, table)?.get('run');
  const fields = run === undefined ? undefined : readFields(reading, run.value, runDefaultsKeys);
  const own = runDefaultsKeys.keys.flatMap((key): [string, MappingEntry][] => {
    const entry = fields?.get(key);
    return entry === undefined || !checkDefault(reading, entry) ? [] : [[key, entry]];
  });
  return { ...around, ...Object.fromEntries(own) };
}

/** Knows what stands in the defaults and belongs to their `run`. */
function belongsToRun(node: TreeNode): NonNullable<KeyTable<'run'>['elsewhere']> {
  const isAlone = keysOf(node).length === 1;
  return ({ key, keySpan, value }) => {
    if (!runDefaultsKeys.keys.some((known) => known === key)) return undefined;
    // In braces a plain text could end early.
    const isSimple = value.kind === 'scalar' && value.style !== 'block' && /^[\w./-]+$/.test(value.text);
    const edits = [
      { span: { start: keySpan.start, end: keySpan.start }, text: 'run: { ' },
      { span: { start: value.span.end, end: value.span.end }, text: ' }' },
    ];
    return {
      message: `${quote(key)} belongs to \`run\` of the defaults`,
      remedy: `Write \`run: { ${key}: … }\`.`,
      ...(isAlone && isSimple ? { fix: { description: `put ${quote(key)} into \`run\``, edits } } : {}),
    };
  };
}

/** Whether scripts can have it; what is wrong with it is reported, in the words in which a step would. */
function checkDefault(reading: Reading, { key, value }: MappingEntry): boolean {
  const found = reading.catalogue.find('run@v1');
  const schema = 'node' in found ? found.node.inputs[key] : undefined;
  const check = { schema: schema ?? {}, subject: `the input ${quote(key)}`, match: reading.matchPattern };
  const problems = schemaProblems(value, check);
  for (const { span, ...finding } of problems) reading.report.error(span, finding);
  if (problems.length > 0 || value.kind !== 'scalar') return false;
  let isRight = true;
  const onExpression: Place['onExpression'] = ({ diagnostics }) => {
    isRight &&= diagnostics.length === 0;
  };
  const count = expressionsOf(readTemplate(reading, value, { scope: anyStep, onExpression })).length;
  const { length } = value.text;
  const longest = count === 0 ? longestDefault : longestWithExpressions;
  if (length <= longest && count <= mostExpressions) return isRight;
  const excess =
    length > longest
      ? `${length} characters, more than ${count === 0 ? longest : `the ${longest} of one with expressions`}`
      : `${count} expressions, more than ${mostExpressions}`;
  reading.report.error(value.span, {
    code: 'INVALID_VALUE',
    message: `the default ${quote(key)} has ${excess}`,
    remedy: 'Shorten it, or write it at the steps that need it.',
  });
  return false;
}
