import type { ExpressionSource, PlannedBody, PlannedStep, Template } from '../../schemas/index.ts';
import type { NodeDescription } from '../api.ts';
import type { BodyScope, StepsScope } from '../check/step-scopes.ts';
import type { CheckedExpression, ExpressionScope, Shape } from '../expressions/index.ts';
import { quote } from '../quote.ts';
import { nearest } from '../suggest.ts';
import type { MappingEntry, TreeNode } from '../tree/node.ts';
import { anyScalar, holdsExpression, isWholeExpression } from '../tree/query.ts';
import { inputMeant } from './control-node.ts';
import { distinctKeys } from './distinct-keys.ts';
import { eachShape } from './each.ts';
import { checkIdentifier } from './literals.ts';
import { asMapping, type Reading, reportWrongType } from './reading.ts';
import { checkInputNames, type GivenInputs } from './step-inputs.ts';
import { stepItems } from './steps.ts';
import {
  objectTemplate,
  type Place,
  readBooleanTemplate,
  readCondition,
  readNumberTemplate,
  readTemplate,
  reportExpressionInKey,
} from './templates.ts';

/** How many steps may stand around a step: nobody reads deeper, and each level is one of the machine's. */
const mostLevels = 10;
/** Iterations of one loop at once. */
const mostConcurrency = 100;

/** Where the items of the loop come from in which a step stands: written out in the file, or from an expression. */
export type LoopItems = 'written' | 'computed';

/** One list of steps inside of a step. */
export interface InnerList {
  /** The input that holds it. */
  readonly name: string;
  readonly items: readonly TreeNode[];
  /** The position of its first step among all that the step holds. */
  readonly first: number;
  readonly scopes: StepsScope;
  /** Present in a loop. */
  readonly loop?: LoopItems;
}

/** What the steps inside of a step are read with. */
export interface BodySurroundings {
  readonly scopes: StepsScope;
  /** Where the inputs of the step stand; told of what they read. */
  readonly own: Place;
  readonly condition: Place;
  /** How many steps hold this one. */
  readonly level: number;
  readonly readSteps: (list: InnerList) => readonly PlannedStep[];
}

/** The steps inside of a step, as far as they could be read, and what the step gives of them; `outputs` undefined where that isn't known. */
export interface ReadBody {
  readonly body?: PlannedBody;
  readonly outputs: Readonly<Record<string, Shape>> | undefined;
}

interface BodyReading extends BodySurroundings {
  readonly inputs: ReadonlyMap<string, MappingEntry>;
}

/** What stands under `with` of `if@v1` or `for-each@v1` -> the steps inside. */
export function readBody(
  reading: Reading,
  given: GivenInputs & { readonly node: NodeDescription; readonly control: 'if' | 'for-each' },
  around: BodySurroundings,
): ReadBody {
  checkInputNames(reading, given, given.node);
  if (around.level >= mostLevels) {
    reading.report.error(given.usesSpan, {
      code: 'INVALID_VALUE',
      message: `steps hold each other more than ${mostLevels} levels deep`,
      remedy: 'Put the innermost into a workflow of its own, and call it from a job.',
    });
    return { outputs: undefined };
  }
  for (const entry of given.entries) reportExpressionInKey(reading, entry);
  const body = { ...around, inputs: inputsOf(given.node, given.entries) };
  return given.control === 'if' ? readIf(reading, body) : readForEach(reading, body);
}

/** The inputs by name. Steps under a key that is none are read as those that were meant, for what else may be wrong in them. */
function inputsOf(node: NodeDescription, entries: readonly MappingEntry[]): ReadonlyMap<string, MappingEntry> {
  const inputs = new Map(entries.map((entry) => [entry.key, entry]));
  for (const entry of entries) {
    const isKnown = Object.hasOwn(node.inputs, entry.key);
    const meant = isKnown ? undefined : (inputMeant(node, entry.key) ?? nearest(entry.key, Object.keys(node.inputs)));
    if (meant !== undefined && entry.value.kind === 'sequence' && !inputs.has(meant)) inputs.set(meant, entry);
  }
  return inputs;
}

function readIf(reading: Reading, body: BodyReading): ReadBody {
  const condition = body.inputs.get('condition')?.value;
  const read =
    condition === undefined
      ? undefined
      : readCondition(reading, condition, { ...body.condition, subject: '`condition`' });
  const inner = body.scopes.body();
  const thenItems = itemsOf(reading, body, 'then');
  const elseItems = itemsOf(reading, body, 'else');
  const then = readList(body, inner, { name: 'then', items: thenItems, first: 0 });
  const otherwise = readList(body, inner, { name: 'else', items: elseItems, first: thenItems.length });
  const { template, names } = readOutputs(reading, body, inner);
  const outputs = Object.fromEntries(names.map((name): [string, Shape] => [name, { kind: 'any' }]));
  if (read === undefined) return { outputs };
  return { outputs, body: { kind: 'if', condition: read, then, else: otherwise, outputs: template } };
}

function readForEach(reading: Reading, body: BodyReading): ReadBody {
  const { own } = body;
  const itemsNode = body.inputs.get('items')?.value;
  const items = itemsNode === undefined ? undefined : readItems(reading, itemsNode, own);
  const concurrency = body.inputs.get('concurrency')?.value;
  const failFast = body.inputs.get('fail-fast')?.value;
  const inner = body.scopes.body(eachShape(itemsNode));
  const isWritten = itemsNode !== undefined && !anyScalar(itemsNode, holdsExpression);
  const stepsItems = itemsOf(reading, body, 'steps');
  const steps = readList(body, inner, {
    name: 'steps',
    items: stepsItems,
    first: 0,
    loop: isWritten ? 'written' : 'computed',
  });
  const { template, names } = readOutputs(reading, body, inner);
  // One value of each iteration.
  const outputs = Object.fromEntries(
    names.map((name): [string, Shape] => [name, { kind: 'array', items: { kind: 'any' } }]),
  );
  const limits = { integer: true, minimum: 1, maximum: mostConcurrency } as const;
  return {
    outputs,
    body: {
      kind: 'for-each',
      items: items ?? { kind: 'literal', value: [] },
      steps,
      concurrency:
        concurrency === undefined
          ? { kind: 'literal', value: 1 }
          : readNumberTemplate(reading, concurrency, { ...own, ...limits, subject: '`concurrency`' }),
      fail_fast:
        failFast === undefined
          ? { kind: 'literal', value: true }
          : readBooleanTemplate(reading, failFast, { ...own, subject: '`fail-fast`' }),
      outputs: template,
    },
  };
}

/** The entries of one of the lists of steps. */
function itemsOf(reading: Reading, body: BodyReading, name: string): readonly TreeNode[] {
  const entry = body.inputs.get(name);
  if (entry === undefined) return [];
  return stepItems(reading, entry, {
    subject: quote(name),
    empty: `${quote(name)} has no steps`,
    remedy: name === 'else' ? 'Add a step, or remove the key.' : 'Add a step: `- run: …` or `- uses: …`.',
  });
}

function readList(body: BodyReading, inner: BodyScope, list: Omit<InnerList, 'scopes'>): readonly PlannedStep[] {
  return inner.list((scopes) => body.readSteps({ ...list, scopes }));
}

/** A list that is written out, or one expression that gives one. */
function readItems(reading: Reading, node: TreeNode, place: Place): Template | undefined {
  if (node.kind === 'sequence' && node.items.length === 0) {
    reading.report.error(node.span, {
      code: 'EMPTY',
      message: '`items` is empty, so nothing would ever run',
      remedy: 'Add a value.',
    });
    return undefined;
  }
  if (node.kind === 'sequence') return readTemplate(reading, node, place);
  if (isWholeExpression(node)) {
    const onExpression = (checked: CheckedExpression, expression: ExpressionSource): void => {
      place.onExpression?.(checked, expression);
      if (checked.plain === true) reportNoList(reading, expression);
    };
    return readTemplate(reading, node, { ...place, onExpression });
  }
  reportWrongType(reading, node, {
    subject: '`items`',
    expected: 'a list, or one expression that gives one',
    remedy: 'Write `items: [first, second]`, or `items: ${{ fromJSON(inputs.list) }}`.',
  });
  return undefined;
}

/** Lists come to a workflow as JSON: of an input, an output or a variable. */
function reportNoList(reading: Reading, { source, at, jumps }: ExpressionSource): void {
  const start = reading.report.offset(at);
  const span = { start, end: start + source.length };
  const list = `fromJSON(${source})`;
  const isPath = jumps === undefined && /^(?:inputs|steps|needs|vars|matrix|each)\.[\w.-]+$/i.test(source);
  reading.report.error(span, {
    code: 'WRONG_TYPE',
    message: `\`items\` must be a list, and ${quote(source)} never is one`,
    remedy: isPath ? `Write \`\${{ ${list} }}\` if it holds a list as JSON.` : 'Write an expression that gives a list.',
    ...(isPath ? { fix: { description: `write \`${list}\``, edits: [{ span, text: list }] } } : {}),
  });
}

/** `outputs` of a body: any values by name, which see all its steps. */
function readOutputs(
  reading: Reading,
  body: BodyReading,
  inner: BodyScope,
): { readonly template: Template; readonly names: readonly string[] } {
  const node = body.inputs.get('outputs')?.value;
  const mapping =
    node === undefined
      ? undefined
      : asMapping(reading, node, {
          subject: '`outputs`',
          remedy: 'Write `name: ${{ steps.id.outputs.name }}` below it.',
        });
  const entries = mapping?.entries ?? [];
  const admit = distinctKeys(reading, 'outputs');
  const template = inner.outputs((scope) =>
    objectTemplate(
      entries.map((entry) => {
        admit(entry);
        return [entry.key, readOutput(reading, entry, { ...body.own, scope })] as const;
      }),
    ),
  );
  return { template, names: entries.map(({ key }) => key) };
}

function readOutput(
  reading: Reading,
  entry: MappingEntry,
  place: Place & { readonly scope: ExpressionScope },
): Template {
  reportExpressionInKey(reading, entry);
  if (!entry.key.includes('${{')) checkIdentifier(reading, entry.keySpan, { what: 'an output', text: entry.key });
  if (entry.value.kind === 'scalar' && entry.value.value === null) {
    reading.report.error(entry.value.span, {
      code: 'EMPTY',
      message: `the output ${quote(entry.key)} is empty`,
      remedy: 'Write a value, such as `${{ steps.id.outputs.name }}`, or remove it.',
    });
  }
  return readTemplate(reading, entry.value, place);
}
