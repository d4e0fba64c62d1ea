import jexl, { type JexlNode } from 'jexl';
import type { Json, JsonObject } from '../../schemas/index.ts';

/** What a policy's `when` may name. */
export interface WhenContext {
  readonly tenant: string;
  readonly workflow: string;
  readonly job: string;
  readonly step: string;
  readonly plugin: {
    readonly name: string;
    readonly version: string;
    readonly digest: string;
    readonly origin: string;
  };
  readonly inputs: JsonObject;
}

const known: readonly string[] = ['tenant', 'workflow', 'job', 'step', 'plugin', 'inputs'];
const maxLength = 4096;

/**
 * What is wrong with a condition, found when the policy is read: jexl itself takes an unknown name for undefined, so that a
 * misspelled deny rule would silently deny nothing.
 */
export function checkWhen(condition: string): string | undefined {
  if (condition.length > maxLength) return `it is longer than ${maxLength} characters`;
  try {
    const tree = jexl.createExpression(condition)._getAst();
    return tree === null ? 'it is empty' : checkNode(tree);
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}

/** Whether the condition holds. An error is an answer of its own, which must not be taken for "no". */
export function evaluateWhen(
  condition: string,
  context: WhenContext,
): { readonly holds: boolean } | { readonly problem: string } {
  try {
    const names = withoutPrototypes({ ...context, plugin: { ...context.plugin } });
    return { holds: Boolean(jexl.createExpression(condition).evalSync(names)) };
  } catch (cause) {
    return { problem: cause instanceof Error ? cause.message : String(cause) };
  }
}

function checkNode(node: JexlNode): string | undefined {
  if (node.type === 'FunctionCall')
    return `\`${node.name}\` is not known: a condition has no functions and no transforms`;
  if (node.type === 'Identifier' && node.from === undefined && node.relative !== true) {
    if (!known.includes(String(node.value))) {
      return `\`${String(node.value)}\` is not known: a condition may name ${known.join(', ')}`;
    }
  }
  for (const child of children(node)) {
    const problem = checkNode(child);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Whatever in a node is a node, in arrays and maps too. */
function children(value: object): readonly JexlNode[] {
  return Object.values(value).flatMap((child: unknown) => {
    if (typeof child !== 'object' || child === null) return [];
    // A node is what has a type; what hasn't is a list or a map of nodes.
    return 'type' in child ? [child as JexlNode] : children(child);
  });
}

/** A copy in which `inputs.constructor` is no more than any other name that isn't there. */
function withoutPrototypes(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutPrototypes);
  const copy: Record<string, Json> = Object.create(null);
  for (const [key, item] of Object.entries(value)) copy[key] = withoutPrototypes(item);
  return copy;
}
