import { nearest } from '../suggest.ts';
import type { TreeNode } from '../tree/node.ts';
import { keysOf, valueAt } from '../tree/query.ts';

/** Below these `inputs` gives values, or there are none. */
const triggersWithoutInputs: ReadonlySet<string> = new Set(['webhook', 'schedule']);
const inputsKey = 'inputs';

/**
 * The names of inputs that the file declares, however wrongly: below a trigger or a key that is misspelt, in a list, at the top of the file, by a name
 * that can't be one. The declaration is reported; expressions that read them are no further mistakes.
 */
export function strayInputs(root: TreeNode): readonly string[] {
  const on = valueAt(root, 'on');
  const triggers = on?.kind === 'mapping' ? on.entries.filter(({ key }) => !triggersWithoutInputs.has(key)) : [];
  const lists = [root, ...triggers.map(({ value }) => value)].map((around) => valueMeant(around, inputsKey));
  return lists.flatMap((inputs) => namesIn(inputs).flatMap(likelyNames));
}

/** The value under a key of a mapping, or under one that most likely meant it. */
export function valueMeant(around: TreeNode, key: string): TreeNode | undefined {
  if (around.kind !== 'mapping') return undefined;
  const exact = valueAt(around, key);
  return exact ?? around.entries.find((entry) => nearest(entry.key, [key]) !== undefined)?.value;
}

function namesIn(node: TreeNode | undefined): readonly string[] {
  if (node?.kind !== 'sequence') return keysOf(node);
  return node.items.flatMap((item) => (item.kind === 'scalar' ? [item.text] : keysOf(item)));
}

/** What expressions may call something by whose own name can't stand in one: `my.tag` is read as `my`, `my-tag` or `my_tag`. */
export function likelyNames(text: string): readonly string[] {
  const names = [
    text,
    text.replaceAll(/[^\w-]+/g, '-'),
    text.replaceAll(/[^\w-]+/g, '_'),
    text.split(/[^\w-]/, 1)[0] ?? '',
  ];
  return names.filter((name) => name !== '');
}
