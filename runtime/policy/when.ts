import jexl, { type JexlNode } from 'jexl';
import type { JsonObject } from '../../schemas/index.ts';
import type { GrantRequest } from '../grants/api.ts';
import { type Condition, compileCondition } from './condition.ts';

/** What a policy's `when` may name. What is undefined isn't known here: a condition that reads it can't be decided. */
export interface WhenContext {
  readonly tenant: string;
  readonly queue: string | undefined;
  readonly workflow: string;
  readonly job: string;
  readonly step: string;
  readonly plugin: WhenPlugin;
  readonly inputs: JsonObject;
  readonly time: WhenTime | undefined;
}

/** Which plugin asks. */
export interface WhenPlugin {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly origin: string;
  /** The names of those whose signatures counted when it was installed. */
  readonly signers: readonly string[];
}

/** When the grant is computed, UTC. */
export interface WhenTime {
  /** RFC 3339 to the second: two of them compare as texts. */
  readonly now: string;
  /** `2027-01-31`. */
  readonly date: string;
  /** 0 to 23. */
  readonly hour: number;
  readonly minute: number;
  /** `monday`. */
  readonly weekday: string;
}

/** Each name, with its members where they are fixed; `any` are what a plugin's inputs are called. */
const known: Readonly<Record<string, readonly string[] | 'any' | 'text'>> = {
  tenant: 'text',
  queue: 'text',
  workflow: 'text',
  job: 'text',
  step: 'text',
  plugin: ['name', 'version', 'digest', 'origin', 'signers'],
  inputs: 'any',
  time: ['now', 'date', 'hour', 'minute', 'weekday'],
};
const maxLength = 4096;
const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/** The `time` of a condition; `at` in ms since the epoch. */
export function whenTime(at: number): WhenTime {
  const moment = new Date(at);
  const now = `${moment.toISOString().slice(0, 19)}Z`;
  return {
    now,
    date: now.slice(0, 10),
    hour: moment.getUTCHours(),
    minute: moment.getUTCMinutes(),
    weekday: weekdays[moment.getUTCDay()] ?? '',
  };
}

/** The context of one invocation. */
export function whenContext({
  plugin,
  subject,
  inputs,
}: Pick<GrantRequest, 'plugin' | 'subject' | 'inputs'>): WhenContext {
  const { queue, at, ...names } = subject;
  return {
    ...names,
    queue,
    plugin: { ...plugin.identity, origin: plugin.origin, signers: (plugin.signers ?? []).map(({ name }) => name) },
    inputs,
    time: at === undefined ? undefined : whenTime(at),
  };
}

/**
 * What is wrong with a condition, found when the policy is read: jexl itself takes an unknown name for undefined, so that a
 * misspelled deny rule would silently deny nothing.
 */
export function checkWhen(condition: string): string | undefined {
  if (condition.length > maxLength) return `it is longer than ${maxLength} characters`;
  try {
    const tree = jexl.createExpression(condition)._getAst();
    if (tree === null) return 'it is empty';
    const problem = checkNode(tree);
    if (problem === undefined) compileCondition(tree);
    return problem;
  } catch (cause) {
    return messageOf(cause);
  }
}

/** Whether the condition holds. An error is an answer of its own, which must not be taken for "no". */
export function evaluateWhen(
  condition: string,
  context: WhenContext,
): { readonly holds: boolean } | { readonly problem: string } {
  try {
    return { holds: Boolean(compiled(condition)({ ...context })) };
  } catch (cause) {
    return { problem: messageOf(cause) };
  }
}

/** By their text: a policy is read once and asked before every step. */
const conditions = new Map<string, Condition>();
const maxConditions = 10_000;

function compiled(condition: string): Condition {
  let found = conditions.get(condition);
  if (found === undefined) {
    const tree = jexl.createExpression(condition)._getAst();
    if (tree === null) throw new TypeError('it is empty');
    found = compileCondition(tree);
    if (conditions.size >= maxConditions) conditions.clear();
    conditions.set(condition, found);
  }
  return found;
}

/** Every node of a condition's tree. */
export function nodesOf(node: JexlNode): readonly JexlNode[] {
  return [node, ...children(node).flatMap(nodesOf)];
}

/** Whether a condition names nothing of an invocation, so that it always comes out the same. */
export function isDecidedWithoutContext(tree: JexlNode): boolean {
  return nodesOf(tree).every((node) => node.type !== 'Identifier' || node.from !== undefined || node.relative === true);
}

function checkNode(node: JexlNode): string | undefined {
  if (node.type === 'FunctionCall')
    return `\`${node.name}\` is not known: a condition has no functions and no transforms`;
  if (node.type === 'Identifier' && node.from === undefined && node.relative !== true) {
    if (!Object.hasOwn(known, node.value)) {
      return `\`${node.value}\` is not known: a condition may name ${Object.keys(known).join(', ')}`;
    }
  }
  const member = memberOf(node);
  if (member !== undefined) {
    const problem = checkMember(member);
    if (problem !== undefined) return problem;
  }
  for (const child of children(node)) {
    const problem = checkNode(child);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** `owner.name` or `owner["name"]`, where the owner is one of the names that a condition has. */
export function memberOf(node: JexlNode): { readonly owner: string; readonly name: string } | undefined {
  const owner = node.type === 'Identifier' ? node.from : node.type === 'FilterExpression' ? node.subject : undefined;
  if (owner?.type !== 'Identifier' || owner.from !== undefined || owner.relative === true) return undefined;
  if (node.type === 'Identifier') return { owner: owner.value, name: node.value };
  if (node.type !== 'FilterExpression' || node.expr.type !== 'Literal') return undefined;
  return { owner: owner.value, name: String(node.expr.value) };
}

function checkMember({ owner, name }: { readonly owner: string; readonly name: string }): string | undefined {
  const members = Object.hasOwn(known, owner) ? known[owner] : undefined;
  if (members === undefined || members === 'any') return undefined;
  if (members === 'text') return `\`${owner}\` is a text and has no \`${name}\``;
  return members.includes(name) ? undefined : `\`${owner}.${name}\` is not known: there is ${members.join(', ')}`;
}

/** Whatever in a node is a node, in arrays and maps too. */
function children(value: object): readonly JexlNode[] {
  return Object.values(value).flatMap((child: unknown) => {
    if (typeof child !== 'object' || child === null) return [];
    // A node is what has a type; what hasn't is a list or a map of nodes.
    return 'type' in child && typeof child.type === 'string' ? [child as JexlNode] : children(child);
  });
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
