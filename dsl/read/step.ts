import type { ExpressionSource, PlannedStep, Template } from '../../schemas/index.ts';
import type { NodeDescription } from '../api.ts';
import type { JobScopes, StepScopes } from '../check/scopes.ts';
import type { CheckedExpression, ExpressionScope } from '../expressions/index.ts';
import { quote } from '../quote.ts';
import type { TreeNode } from '../tree/node.ts';
import type { RunDefaults } from './defaults.ts';
import { emptyEnv, readEnv } from './env.ts';
import { type Fields, readFields } from './fields.ts';
import { checkIdentifier, readLiteralText } from './literals.ts';
import { readPermissions } from './permissions.ts';
import type { Reading } from './reading.ts';
import type { References } from './references.ts';
import { readRetry } from './retry.ts';
import { warnOfInjection } from './script-injection.ts';
import { type Action, readAction, type StepKey, stepKeys } from './step-action.ts';
import { readInputs } from './step-inputs.ts';
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

/** What a step is read with: its place in the job, and what the job around it gives. */
export interface StepSurroundings {
  readonly index: number;
  readonly scopes: JobScopes;
  readonly explainName: ExplainName;
  /** What the env layers around the step read. */
  readonly references: References;
  /** What a script has where it doesn't say otherwise. */
  readonly defaults: RunDefaults;
  /** Lower-case ids of the steps before, and where they stand. */
  readonly ids: Map<string, { readonly id: string; readonly line: number }>;
}

/** An entry of `steps:` -> step. Undefined where it is too wrong to go on; that is reported. */
export function readStep(reading: Reading, node: TreeNode, around: StepSurroundings): PlannedStep | undefined {
  const fields = readFields(reading, node, stepKeys);
  if (fields === undefined) return undefined;
  const id = readId(reading, fields.get('id')?.value, around);
  const action = readAction(reading, fields, around.defaults);
  const references = around.references.copy();
  const step = readRest(reading, fields, { around, action, references });
  if (id !== undefined) around.scopes.addStep(id, action === undefined ? undefined : knownOutputs(action.node));
  if (action === undefined) return undefined;
  return {
    key: id ?? String(around.index),
    ...(id === undefined ? {} : { id }),
    uses: action.uses,
    kind: action.node?.runtime === 'control' ? 'control' : 'plugin',
    ...step,
    references: references.list(),
    ...(action.node === undefined ? {} : { outputs: Object.keys(action.node.outputs) }),
    at: reading.report.position(fields.mapping.span.start),
  };
}

/** The outputs of a node; undefined where a step may have others. */
function knownOutputs(node: NodeDescription | undefined): readonly string[] | undefined {
  return node === undefined || node.dynamic_outputs ? undefined : Object.keys(node.outputs);
}

function readId(reading: Reading, node: TreeNode | undefined, around: StepSurroundings): string | undefined {
  if (node === undefined) return undefined;
  const id = readLiteralText(reading, node, { subject: '`id`' });
  if (id === undefined || !checkIdentifier(reading, node.span, { what: 'the id of a step', text: id }))
    return undefined;
  const earlier = around.ids.get(id.toLowerCase());
  if (earlier !== undefined) {
    reading.report.error(node.span, {
      code: 'DUPLICATE_ID',
      message: `the id ${quote(id)} is that of the step in line ${earlier.line}, too`,
      remedy: "Rename one of them; letter case doesn't count.",
    });
    return undefined;
  }
  around.ids.set(id.toLowerCase(), { id, line: reading.report.position(node.span.start).line });
  return id;
}

type Rest = Omit<PlannedStep, 'key' | 'id' | 'uses' | 'kind' | 'references' | 'outputs' | 'at'>;

interface RestOptions {
  readonly around: StepSurroundings;
  readonly action: Action | undefined;
  readonly references: References;
}

function readRest(reading: Reading, fields: Fields<StepKey>, { around, action, references }: RestOptions): Rest {
  const { explainName } = around;
  const collected = (scope: ExpressionScope): Place => ({ scope, explainName, onExpression: references.collect });
  // Before the rest is read, all that is known of the environment is that it may hold anything.
  const unread = around.scopes.step([]);
  const envNode = fields.get('env')?.value;
  const env = envNode === undefined ? emptyEnv : readEnv(reading, envNode, collected(unread.inputs));
  const scopes = around.scopes.step(env.secretKeys);
  const own: Place = { scope: scopes.own, explainName };
  return {
    with: readWith(reading, action, { scopes, explainName, references }),
    env: env.template,
    ...readOwn(reading, fields, own),
    ...readStepCondition(reading, fields, { scope: scopes.condition, explainName }),
  };
}

interface WithOptions {
  readonly scopes: StepScopes;
  readonly explainName: ExplainName;
  readonly references: References;
}

function readWith(
  reading: Reading,
  action: Action | undefined,
  { scopes, explainName, references }: WithOptions,
): Template {
  if (action?.entries === undefined) return { kind: 'literal', value: {} };
  const isScript = action.uses.startsWith('run@');
  const onExpression = (checked: CheckedExpression, expression: ExpressionSource): void => {
    references.collect(checked);
    if (isScript) warnOfInjection(reading, checked, expression);
  };
  // The machine carries a control node out itself, and has neither secrets nor a workspace.
  const scope = action.node?.runtime === 'control' ? { ...scopes.own, place: 'with of a control node' } : scopes.inputs;
  return readInputs(reading, { ...action, entries: action.entries }, { scope, explainName, onExpression });
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
