import type { NodeDescription } from '../api.ts';
import { findNode } from '../check/nodes.ts';
import { checkPin } from '../check/pins.ts';
import { quote } from '../quote.ts';
import type { Span, SpanFix } from '../source/report.ts';
import type { MappingEntry, MappingNode, TreeNode } from '../tree/node.ts';
import { keysOf, valueAt } from '../tree/query.ts';
import { pluginPath } from './call-path.ts';
import type { RunDefaults } from './defaults.ts';
import { type Fields, type KeyTable, reportMissing } from './fields.ts';
import { indentFurtherLines, insertion } from './indent.ts';
import { readLiteralText } from './literals.ts';
import { asMapping, type Reading } from './reading.ts';

/** A key of a step. */
export type StepKey =
  | 'id'
  | 'name'
  | 'uses'
  | 'with'
  | 'run'
  | 'shell'
  | 'working-directory'
  | 'env'
  | 'if'
  | 'timeout-minutes'
  | 'continue-on-error'
  | 'retry'
  | 'permissions';

/** What a step can have. */
export const stepKeys: KeyTable<StepKey> = {
  what: 'a step',
  keys: [
    'id',
    'name',
    'if',
    'uses',
    'with',
    'run',
    'shell',
    'working-directory',
    'env',
    'timeout-minutes',
    'continue-on-error',
    'retry',
    'permissions',
  ],
};

/** The keys of this step: what its node takes as an input isn't one of them, and belongs below `with`. */
export function stepTable(reading: Reading, step: TreeNode): KeyTable<StepKey> {
  const uses = valueAt(step, 'uses');
  if (uses?.kind !== 'scalar') return stepKeys;
  return {
    ...stepKeys,
    elsewhere: (entry) => {
      const found = reading.catalogue.find(uses.text);
      if (!('node' in found) || !Object.hasOwn(found.node.inputs, entry.key)) return undefined;
      const fix = step.kind === 'mapping' ? withFix(reading, step, { entry, inputs: found.node.inputs }) : undefined;
      const message = `${quote(entry.key)} is an input of ${quote(found.node.uses)}, not a key of a step`;
      return { message, remedy: 'Move it below `with:`.', ...(fix === undefined ? {} : { fix }) };
    },
  };
}

/** Writes `with:` before the first input that stands beside the keys of a step, and indents that and the others. */
function withFix(
  { source, report }: Reading,
  step: MappingNode,
  { entry, inputs }: { readonly entry: MappingEntry; readonly inputs: NodeDescription['inputs'] },
): SpanFix | undefined {
  const { keySpan, value } = entry;
  const isHere =
    keySpan.start >= step.span.start && value.span.start > keySpan.start && value.span.end <= step.span.end;
  if (!isHere || source.charAt(step.span.start) === '{' || keysOf(step).includes('with')) return undefined;
  const isKey = (key: string): boolean => stepKeys.keys.some((known) => known === key);
  const first = step.entries.find(({ key }) => Object.hasOwn(inputs, key) && !isKey(key));
  const indent = ' '.repeat(report.position(keySpan.start).column - 1);
  return {
    description: `move ${quote(entry.key)} below \`with\``,
    edits: [
      insertion(keySpan.start, first === entry ? `with:\n${indent}  ` : '  '),
      ...indentFurtherLines(source, { start: keySpan.start, end: value.span.end }),
    ],
  };
}

/** What `run:` is short for. */
const runNode = 'run@v1';

/** What a step does: the node, and what it is given. */
export interface Action {
  readonly uses: string;
  readonly node: NodeDescription | undefined;
  /** Undefined where what should give them is unreadable or misspelt. */
  readonly entries: readonly MappingEntry[] | undefined;
  readonly usesSpan: Span;
  /** The whole step. */
  readonly stepSpan: Span;
  /** The keys of the step itself. */
  readonly beside: readonly string[];
}

/** The node of a step and its inputs, from `uses` and `with` or from `run` and what belongs to it. Undefined where it has none; that is reported. */
export function readAction(reading: Reading, fields: Fields<StepKey>, defaults: RunDefaults): Action | undefined {
  const uses = fields.get('uses');
  const run = fields.get('run');
  if (uses !== undefined && run !== undefined) {
    reading.report.error(run.keySpan, {
      code: 'INVALID_VALUE',
      message: 'a step has either `uses` or `run`, and this one has both',
      remedy: 'Make two steps of it.',
    });
    return undefined;
  }
  if (run !== undefined) return readRun(reading, run, { fields, defaults });
  for (const key of ['shell', 'working-directory'] as const) {
    const entry = fields.get(key);
    if (entry === undefined) continue;
    reading.report.error(entry.keySpan, {
      code: 'INVALID_VALUE',
      message: `${quote(key)} belongs to \`run\``,
      remedy:
        uses === undefined
          ? 'Add `run:` with a script.'
          : 'Remove it, or give it under `with` where the node has such an input.',
    });
  }
  if (uses !== undefined) return readUses(reading, uses, fields);
  if (fields.isMisspelt('uses')) return undefined;
  reportMissing(reading, fields, {
    key: 'run',
    message: 'the step has neither `uses` nor `run`',
    remedy: 'Add `run:` with a script, or `uses:` with a node such as `checkout@v1`.',
  });
  return undefined;
}

function readUses(reading: Reading, uses: MappingEntry, fields: Fields<StepKey>): Action | undefined {
  const name = readLiteralText(reading, uses.value, { subject: '`uses`' });
  if (name === undefined) return undefined;
  const inputs = fields.get('with')?.value;
  const remedy = 'Write the inputs below it, one per line, or remove it.';
  return nodeAction(reading, {
    uses: pluginPath(name, reading.folder),
    entries:
      inputs === undefined
        ? fields.isMisspelt('with')
          ? undefined
          : []
        : asMapping(reading, inputs, { subject: '`with`', remedy })?.entries,
    usesSpan: uses.value.span,
    ...stepOf(fields),
  });
}

function readRun(
  reading: Reading,
  run: MappingEntry,
  { fields, defaults }: { readonly fields: Fields<StepKey>; readonly defaults: RunDefaults },
): Action {
  const inputs = fields.get('with');
  if (inputs !== undefined) {
    reading.report.error(inputs.keySpan, {
      code: 'INVALID_VALUE',
      message: '`with` belongs to `uses`; a script has no inputs',
      remedy: 'Hand values to the script by `env`.',
    });
  }
  const { value } = run;
  if (value.kind === 'scalar' && (value.value === null || value.text.trim() === '')) {
    reading.report.error(value.span, { code: 'EMPTY', message: '`run` is empty', remedy: 'Write a script.' });
    return { uses: runNode, node: undefined, entries: undefined, usesSpan: run.keySpan, ...stepOf(fields) };
  }
  const others = (['shell', 'working-directory'] as const).flatMap((key) => fields.get(key) ?? defaults[key] ?? []);
  const script = { key: 'script', keySpan: run.keySpan, value };
  return nodeAction(reading, {
    uses: runNode,
    entries: [script, ...others],
    usesSpan: run.keySpan,
    ...stepOf(fields),
  });
}

function stepOf({ mapping }: Fields<StepKey>): Pick<Action, 'stepSpan' | 'beside'> {
  return { stepSpan: mapping.span, beside: keysOf(mapping) };
}

function nodeAction(reading: Reading, action: Omit<Action, 'node'>): Action {
  const found = findNode(reading.catalogue, action.uses);
  if ('node' in found) {
    checkPin(found, action, reading.report);
    return { ...action, node: found.node };
  }
  reading.report.error(action.usesSpan, found.problem);
  return { ...action, node: undefined };
}
