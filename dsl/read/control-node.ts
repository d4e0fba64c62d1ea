import type { NodeDescription } from '../api.ts';
import { quote } from '../quote.ts';
import type { Fields } from './fields.ts';
import type { Reading } from './reading.ts';
import type { StepKey } from './step-action.ts';

/** A control node by the name that the machine knows it by. */
export type ControlNode = 'sleep' | 'if' | 'for-each' | 'approval' | 'wait-for';

const controlNodes: readonly ControlNode[] = ['sleep', 'if', 'for-each', 'approval', 'wait-for'];

/** Which control node it is; undefined for a plugin. */
export function controlNodeOf(node: NodeDescription | undefined): ControlNode | undefined {
  if (node?.runtime !== 'control') return undefined;
  const name = node.uses.split('@', 1)[0];
  return controlNodes.find((candidate) => candidate === name);
}

/** Whether it holds steps. */
export function holdsSteps(node: ControlNode | undefined): node is 'if' | 'for-each' {
  return node === 'if' || node === 'for-each';
}

/** Reports the keys of a step that say nothing where its node is a control node. */
export function checkControlKeys(reading: Reading, fields: Fields<StepKey>, node: NodeDescription): void {
  const control = controlNodeOf(node);
  if (control === undefined || control === 'sleep') return;
  const inside = holdsSteps(control);
  refuse('retry', {
    message: `${quote(node.uses)} can't be retried`,
    remedy: inside ? 'Write `retry` at the steps inside that may run again.' : 'Remove it.',
  });
  if (!inside) return;
  refuse('env', {
    message: `${quote(node.uses)} has no environment of its own`,
    remedy: 'Write `env` at the steps inside, or at the job.',
  });
  refuse('permissions', {
    message: `${quote(node.uses)} does nothing that could be permitted`,
    remedy: 'Write `permissions` at the steps inside, or at the job.',
  });

  function refuse(key: StepKey, finding: { readonly message: string; readonly remedy: string }): void {
    const entry = fields.get(key);
    if (entry !== undefined) reading.report.error(entry.keySpan, { code: 'INVALID_VALUE', ...finding });
  }
}

/** What other workflow languages, or habit, call the inputs of control nodes. */
const synonyms: Readonly<Record<ControlNode, Readonly<Record<string, string>>>> = {
  sleep: { for: 'duration', time: 'duration', seconds: 'duration', delay: 'duration', at: 'until', till: 'until' },
  if: {
    if: 'condition',
    when: 'condition',
    expression: 'condition',
    test: 'condition',
    do: 'then',
    steps: 'then',
    body: 'then',
    true: 'then',
    otherwise: 'else',
    false: 'else',
  },
  'for-each': {
    in: 'items',
    of: 'items',
    list: 'items',
    over: 'items',
    values: 'items',
    matrix: 'items',
    do: 'steps',
    then: 'steps',
    body: 'steps',
    parallel: 'concurrency',
    parallelism: 'concurrency',
    'max-parallel': 'concurrency',
  },
  approval: { reviewers: 'approvers', users: 'approvers', by: 'approvers', text: 'message', prompt: 'message' },
  'wait-for': { name: 'signal', event: 'signal', payload: 'schema' },
};

/** The input of a control node that a key means which is none. */
export function inputMeant(node: NodeDescription, key: string): string | undefined {
  const control = controlNodeOf(node);
  const normal = key.toLowerCase().replaceAll('_', '-');
  const meanings = control === undefined ? {} : synonyms[control];
  return Object.hasOwn(meanings, normal) ? meanings[normal] : undefined;
}
