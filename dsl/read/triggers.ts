import { assertNever, type PlannedTriggers } from '../../schemas/index.ts';
import { quote } from '../quote.ts';
import type { Span } from '../source/report.ts';
import { nearest, suggestion } from '../suggest.ts';
import type { MappingEntry, TreeNode } from '../tree/node.ts';
import { type KeyTable, readFields } from './fields.ts';
import { type PlannedInputs, readInputs } from './inputs.ts';
import { readLiteralText } from './literals.ts';
import { type Reading, reportWrongType } from './reading.ts';
import { readSchedules } from './schedule.ts';
import { readWebhook } from './webhook.ts';
import { type ReadWorkflowCall, readWorkflowCall } from './workflow-call.ts';

/** What `on:` says. */
export interface ReadTriggers {
  /** Of a run that is started by hand: those of `manual`, or, where only others may call the workflow, those of `workflow_call`. */
  readonly inputs: PlannedInputs;
  readonly triggers?: PlannedTriggers;
  /** Other workflows may call it. */
  readonly call?: ReadWorkflowCall;
}

/** How a run may start. `workflow_dispatch` is GitHub's name for manual. */
const triggerNames = ['manual', 'workflow_dispatch', 'schedule', 'webhook', 'workflow_call'] as const;
type TriggerName = (typeof triggerNames)[number];

/** Of GitHub, and near enough to a name of ours to be taken for a slip of it. */
const foreignTriggers: ReadonlySet<string> = new Set(['workflow_run', 'repository_dispatch']);

/** What other languages call a trigger of ours. */
const synonyms: ReadonlyMap<string, TriggerName> = new Map([
  ['call', 'workflow_call'],
  ['cron', 'schedule'],
  ['hook', 'webhook'],
  ['http', 'webhook'],
]);

const manualKeys: KeyTable<'inputs'> = { what: 'a manual trigger', keys: ['inputs'] };

/** A trigger that is written in a list, or alone, has no keys. */
type Given = Partial<Readonly<Record<TriggerName, TriggerValue>>>;

interface TriggerValue {
  /** The name. */
  readonly span: Span;
  /** Undefined where there is nothing below the name. */
  readonly value: TreeNode | undefined;
}

/** Where there is no `on:` at all. */
export const noTriggers: ReadTriggers = { inputs: {} };

/** `on:` -> what starts runs, and with which inputs. */
export function readTriggers(reading: Reading, node: TreeNode): ReadTriggers {
  const given = readGiven(reading, node);
  const byHand = [given.manual, given.workflow_dispatch].filter((trigger) => trigger !== undefined);
  const manual = Object.assign({}, ...byHand.map(({ value }) => readManual(reading, value))) as PlannedInputs;
  const called = given.workflow_call;
  const call = called === undefined ? undefined : readWorkflowCall(reading, called.value);
  const inputs = call === undefined || byHand.length > 0 ? manual : call.inputs;
  const triggers = readOthers(reading, given, inputs);
  return {
    inputs,
    ...(triggers === undefined ? {} : { triggers }),
    ...(call === undefined ? {} : { call }),
  };
}

/** What starts runs by itself, once the inputs that these have are known. */
function readOthers(reading: Reading, given: Given, inputs: PlannedInputs): PlannedTriggers | undefined {
  const { schedule, webhook } = given;
  if (schedule === undefined && webhook === undefined) return undefined;
  const schedules = schedule === undefined ? [] : readSchedules(reading, schedule, inputs);
  const hook = webhook === undefined ? undefined : readWebhook(reading, webhook, inputs);
  return { schedules, ...(hook === undefined ? {} : { webhook: hook }) };
}

function readGiven(reading: Reading, node: TreeNode): Given {
  switch (node.kind) {
    case 'invalid':
      return {};
    case 'scalar':
      if (node.value === null) {
        reportEmpty(reading, node);
        return {};
      }
      return readName(reading, node);
    case 'sequence': {
      if (node.items.length === 0) reportEmpty(reading, node);
      const given: Given = {};
      return Object.assign(given, ...node.items.map((item) => readName(reading, item)));
    }
    case 'mapping':
      return readMapping(reading, node.entries);
    default:
      return assertNever(node);
  }
}

function reportEmpty(reading: Reading, { span }: TreeNode): void {
  reading.report.error(span, { code: 'EMPTY', message: '`on` is empty', remedy: 'Write `on: manual`.' });
}

function readName(reading: Reading, node: TreeNode): Given {
  if (node.kind === 'mapping') {
    const remedy = 'Make `on` a mapping without dashes: one trigger a key, and what it has to say below it.';
    reportWrongType(reading, node, { subject: 'a trigger in a list', expected: 'a name', remedy });
    return {};
  }
  const text = readLiteralText(reading, node, { subject: 'a trigger' });
  const name = text === undefined ? undefined : knownName(reading, { text, span: node.span });
  return name === undefined ? {} : { [name]: { span: node.span, value: undefined } };
}

function readMapping(reading: Reading, entries: readonly MappingEntry[]): Given {
  const given: Partial<Record<TriggerName, TriggerValue>> = {};
  for (const { key, keySpan, value } of entries) {
    const name = knownName(reading, { text: key, span: keySpan });
    if (name === undefined) continue;
    const isBare = value.kind === 'scalar' && value.value === null;
    given[name] = { span: keySpan, value: isBare ? undefined : value };
  }
  return given;
}

function knownName(
  reading: Reading,
  { text, span }: { readonly text: string; readonly span: Span },
): TriggerName | undefined {
  const known = triggerNames.find((name) => name === text);
  if (known !== undefined) return known;
  const synonym = synonyms.get(text.toLowerCase());
  const isSlip = !foreignTriggers.has(text) && nearest(text, triggerNames) !== undefined;
  reading.report.error(span, {
    code: 'INVALID_VALUE',
    message: `there is no trigger ${quote(text)}`,
    ...(synonym !== undefined
      ? { remedy: `Did you mean ${quote(synonym)}?` }
      : isSlip
        ? suggestion(text, triggerNames)
        : {
            remedy:
              'Write `on: manual`, and start the run with `waterflow run` from what should trigger it, or `webhook`, and have it call that.',
          }),
  });
  return undefined;
}

function readManual(reading: Reading, node: TreeNode | undefined): PlannedInputs {
  if (node === undefined) return {};
  const declared = readFields(reading, node, manualKeys)?.get('inputs')?.value;
  return declared === undefined ? {} : readInputs(reading, declared);
}
