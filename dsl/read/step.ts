import type { ExpressionSource, PlannedStep, Template } from '../../schemas/index.ts';
import type { NodeDescription } from '../api.ts';
import { schemaShape } from '../check/known-shapes.ts';
import { StepIds } from '../check/step-ids.ts';
import { explainStep, type Holder, type StepPlaces } from '../check/step-places.ts';
import type { StepScopes, StepsScope } from '../check/step-scopes.ts';
import { likelyNames } from '../check/stray-names.ts';
import type { CheckedExpression, ExpressionScope, Shape } from '../expressions/index.ts';
import { quote } from '../quote.ts';
import type { TreeNode } from '../tree/node.ts';
import { describe } from '../tree/query.ts';
import { type InnerList, type LoopItems, readBody } from './body.ts';
import { checkControlKeys, controlNodeOf, holdsSteps } from './control-node.ts';
import type { RunDefaults } from './defaults.ts';
import { warnOfDeprecatedCommands } from './deprecated-commands.ts';
import { withoutEach } from './each.ts';
import { emptyEnv, readEnv } from './env.ts';
import { type Fields, readFields } from './fields.ts';
import { checkIdentifier, readLiteralText } from './literals.ts';
import { readPermissions } from './permissions.ts';
import type { Reading } from './reading.ts';
import type { References } from './references.ts';
import { readRetry } from './retry.ts';
import { warnOfInjection } from './script-injection.ts';
import { type Action, readAction, type StepKey, stepTable } from './step-action.ts';
import { readInputs } from './step-inputs.ts';
import type { StepCount } from './steps.ts';
import {
  type ExplainName,
  type Place,
  readBooleanTemplate,
  readCondition,
  readNumberTemplate,
  readTextTemplate,
} from './templates.ts';

/** A year: longer than any step, and well within what timers can hold. */
const longestTimeoutMinutes = 525_600;

/** What the steps of a list are read with: where it stands in the job, and what the job around gives. */
export interface StepList {
  /** The position of the first step. */
  readonly first: number;
  readonly scopes: StepsScope;
  /** The steps that hold the list, from the outermost. */
  readonly holders: readonly Holder[];
  /** Where all steps of the job stand. */
  readonly places: StepPlaces;
  readonly explainName: ExplainName;
  /** What the env layers around the steps read. */
  readonly references: References;
  /** What a script has where it doesn't say otherwise. */
  readonly defaults: RunDefaults;
  /** The ids that are given already. */
  readonly ids: StepIds;
  readonly count: StepCount;
  /** The innermost loop around; absent where there is none. */
  readonly loop?: LoopItems;
}

/** The entries of `steps:` -> steps, without those that are too wrong to go on; they are reported. */
export function readSteps(reading: Reading, items: readonly TreeNode[], list: StepList): readonly PlannedStep[] {
  return items.flatMap((item, index) => readStep(reading, item, { list, index: list.first + index }) ?? []);
}

/** A step with the list in which it stands. */
interface Listed {
  readonly list: StepList;
  readonly index: number;
}

function readStep(reading: Reading, node: TreeNode, { list, index }: Listed): PlannedStep | undefined {
  if (!list.count.admits(reading, node)) return undefined;
  const fields = readFields(reading, node, stepTable(reading, node));
  if (fields === undefined) return undefined;
  const id = readId(reading, fields.get('id')?.value, list);
  const action = readAction(reading, fields, list.defaults);
  const references = list.references.copy();
  const { rest, outputs } = readRest(reading, fields, { list, action, references });
  if (id !== undefined) list.scopes.addStep(id, outputs);
  else addMeantStep(list, fields.get('id')?.value);
  if (action === undefined) return undefined;
  return {
    key: id ?? String(index),
    ...(id === undefined ? {} : { id }),
    uses: action.uses,
    kind: action.node?.runtime === 'control' ? 'control' : 'plugin',
    ...rest,
    references: references.list(),
    ...declaredOutputs(action.node, outputs),
    at: reading.report.position(fields.mapping.span.start),
  };
}

/** A step whose id is none, under the names by which expressions may read it all the same. */
function addMeantStep({ places, scopes }: StepList, id: TreeNode | undefined): void {
  if (id?.kind !== 'scalar') return;
  for (const name of likelyNames(id.text)) if (!places.has(name.toLowerCase())) scopes.addStep(name, undefined);
}

/** Of a node with further outputs those that its manifest names. */
function declaredOutputs(node: NodeDescription | undefined, outputs: Outputs): Pick<PlannedStep, 'outputs'> {
  if (outputs !== undefined) return { outputs: Object.keys(outputs) };
  return node === undefined ? {} : { outputs: Object.keys(node.outputs) };
}

/** By name; undefined where a step may have others. */
type Outputs = Readonly<Record<string, Shape>> | undefined;

function knownOutputs(node: NodeDescription | undefined): Outputs {
  if (node === undefined || node.dynamic_outputs) return undefined;
  return Object.fromEntries(Object.entries(node.outputs).map(([name, schema]) => [name, schemaShape(schema)]));
}

function readId(reading: Reading, node: TreeNode | undefined, { ids }: StepList): string | undefined {
  if (node === undefined) return undefined;
  const id = readLiteralText(reading, node, { subject: '`id`' });
  if (id === undefined || !checkIdentifier(reading, node.span, { what: 'the id of a step', text: id }))
    return undefined;
  const earlier = ids.lineOf(id);
  if (earlier !== undefined) {
    reading.report.error(node.span, {
      code: 'DUPLICATE_ID',
      message: `the id ${quote(id)} is that of the step in line ${earlier}, too`,
      remedy: "Rename one of them; letter case doesn't count.",
    });
    return undefined;
  }
  ids.take(id, reading.report.position(node.span.start).line);
  return id;
}

type Rest = Omit<PlannedStep, 'key' | 'id' | 'uses' | 'kind' | 'references' | 'outputs' | 'at'>;

interface RestOptions {
  readonly list: StepList;
  readonly action: Action | undefined;
  readonly references: References;
}

function readRest(
  reading: Reading,
  fields: Fields<StepKey>,
  { list, action, references }: RestOptions,
): { readonly rest: Rest; readonly outputs: Outputs } {
  const { explainName } = list;
  if (action?.node !== undefined) checkControlKeys(reading, fields, action.node);
  // Before the rest is read, all that is known of the environment is that it may hold anything.
  const unread: Place = { scope: list.scopes.step([]).inputs, explainName, onExpression: references.collect };
  const envNode = fields.get('env')?.value;
  const env = envNode === undefined ? emptyEnv : readEnv(reading, envNode, unread);
  const scopes = list.scopes.step(env.secretKeys);
  const { outputs, ...given } = readGiven(reading, action, { step: fields.mapping, list, scopes, references });
  return {
    outputs,
    rest: {
      ...given,
      env: env.template,
      ...readOwn(reading, fields, { scope: scopes.own, explainName }),
      ...readStepCondition(reading, fields, { scope: scopes.condition, explainName }),
    },
  };
}

interface GivenOptions {
  readonly step: TreeNode;
  readonly list: StepList;
  readonly scopes: StepScopes;
  readonly references: References;
}

type Given = Pick<Rest, 'with' | 'body'> & { readonly outputs: Outputs };

/** What the node is given: its inputs, or the steps inside of it. */
function readGiven(
  reading: Reading,
  action: Action | undefined,
  { step, list, scopes, references }: GivenOptions,
): Given {
  const nothing: Template = { kind: 'literal', value: {} };
  const control = controlNodeOf(action?.node);
  if (action?.entries === undefined) {
    return { with: nothing, outputs: holdsSteps(control) ? undefined : knownOutputs(action?.node) };
  }
  const { entries, node } = action;
  const { explainName } = list;
  if (node !== undefined && holdsSteps(control)) {
    // One for all its lists: ids are keys within the step.
    const ids = new StepIds(list.ids);
    const body = readBody(
      reading,
      { ...action, entries, node, control },
      {
        scopes: list.scopes,
        own: { scope: ofControlNode(scopes), explainName, onExpression: references.collect },
        condition: { scope: scopes.condition, explainName, onExpression: references.collect },
        level: list.holders.length,
        readSteps: (inner) => readSteps(reading, inner.items, listInside(list, { step, ids, inner })),
      },
    );
    return { with: nothing, ...body };
  }
  const isScript = action.uses.startsWith('run@');
  const script = isScript ? entries.find(({ key }) => key === 'script')?.value : undefined;
  if (script !== undefined) warnOfDeprecatedCommands(reading, script);
  const onExpression = (checked: CheckedExpression, expression: ExpressionSource): void => {
    references.collect(checked);
    // Beside the script stands its folder, which is no code.
    const offset = reading.report.offset(expression.at);
    if (script === undefined || offset < script.span.start || offset >= script.span.end) return;
    warnOfInjection(reading, list.loop === 'written' ? withoutEach(checked) : checked, expression);
  };
  const scope = node?.runtime === 'control' ? ofControlNode(scopes) : scopes.inputs;
  const inputs = readInputs(reading, { ...action, entries }, { scope, explainName, onExpression });
  return { with: inputs, outputs: knownOutputs(node) };
}

/** The machine carries a control node out itself, and has neither secrets nor a workspace. */
function ofControlNode(scopes: StepScopes): ExpressionScope {
  return { ...scopes.own, place: 'with of a control node' };
}

/** A list of steps inside of a step of another. */
function listInside(
  list: StepList,
  { step, ids, inner }: { readonly step: TreeNode; readonly ids: StepIds; readonly inner: InnerList },
): StepList {
  const { name, first, scopes, loop = list.loop } = inner;
  const holders = [...list.holders, { step, list: name }];
  return {
    ...list,
    first,
    scopes,
    holders,
    ids,
    ...(loop === undefined ? {} : { loop }),
    explainName: (context, id) =>
      context === 'steps' ? explainStep(list.places, id, holders) : list.explainName(context, id),
  };
}

type Own = Pick<Rest, 'name' | 'timeout_minutes' | 'continue_on_error' | 'retry' | 'permissions'>;

function readOwn(reading: Reading, fields: Fields<StepKey>, place: Place): Own {
  const name = fields.get('name')?.value;
  const timeout = fields.get('timeout-minutes')?.value;
  const continues = fields.get('continue-on-error')?.value;
  const retryNode = fields.get('retry')?.value;
  const permissionsNode = fields.get('permissions')?.value;
  const retry = retryNode === undefined ? undefined : readRetry(reading, retryNode, place);
  const permissions = permissionsNode === undefined ? undefined : readPermissions(reading, permissionsNode, place);
  return {
    ...(name === undefined ? {} : { name: readTextTemplate(reading, name, { ...place, subject: '`name`' }) }),
    ...(timeout === undefined ? {} : { timeout_minutes: readTimeout(reading, timeout, place) }),
    continue_on_error:
      continues === undefined
        ? { kind: 'literal', value: false }
        : readBooleanTemplate(reading, continues, { ...place, subject: '`continue-on-error`' }),
    ...(retry === undefined ? {} : { retry }),
    ...(permissions === undefined ? {} : { permissions }),
  };
}

/** `timeout-minutes` of a step or job. */
export function readTimeout(reading: Reading, node: TreeNode, place: Place): Template {
  const minutes = node.kind === 'scalar' ? /^(\d+)\s*m(?:in(?:ute)?s?)?$/.exec(node.text)?.[1] : undefined;
  if (minutes !== undefined) {
    reading.report.error(node.span, {
      code: 'WRONG_TYPE',
      message: `\`timeout-minutes\` must be a number, and this is ${describe(node)}`,
      remedy: `Write \`${minutes}\`: it counts minutes.`,
      fix: { description: `write \`${minutes}\``, edits: [{ span: node.span, text: minutes }] },
    });
    return { kind: 'literal', value: Number(minutes) };
  }
  return readNumberTemplate(reading, node, {
    ...place,
    subject: '`timeout-minutes`',
    integer: false,
    minimum: 0,
    exclusive: true,
    maximum: longestTimeoutMinutes,
  });
}

function readStepCondition(reading: Reading, fields: Fields<StepKey>, place: Place): Pick<Rest, 'if'> {
  const node = fields.get('if')?.value;
  const condition = node === undefined ? undefined : readCondition(reading, node, place);
  return condition === undefined ? {} : { if: condition };
}
