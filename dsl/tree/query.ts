import { assertNever, type Json } from '../../schemas/index.ts';
import { quote } from '../quote.ts';
import type { SpanFix } from '../source/report.ts';
import type { ScalarNode, TreeNode } from './node.ts';

/** True for text that holds `${{`. */
export function holdsExpression(node: TreeNode): boolean {
  return node.kind === 'scalar' && typeof node.value === 'string' && node.value.includes('${{');
}

/** True where the test is true for a scalar of a value, however deep; the first one ends the search. */
export function anyScalar(node: TreeNode, test: (scalar: ScalarNode) => boolean): boolean {
  switch (node.kind) {
    case 'scalar':
      return test(node);
    case 'sequence':
      return node.items.some((item) => anyScalar(item, test));
    case 'mapping':
      return node.entries.some(({ value }) => anyScalar(value, test));
    case 'invalid':
      return false;
    default:
      return assertNever(node);
  }
}

/** True for a value that is one `${{ }}` and nothing else, whose type only its evaluation shows. */
export function isWholeExpression(node: TreeNode): boolean {
  if (node.kind !== 'scalar' || !holdsExpression(node)) return false;
  const { text } = node;
  return text.startsWith('${{') && text.endsWith('}}') && text.indexOf('${{', 3) === -1;
}

/** What a value is, for "expected X, found Y". */
export function describe(node: TreeNode): string {
  switch (node.kind) {
    case 'sequence':
      return 'a list';
    case 'mapping':
      return 'a mapping';
    case 'invalid':
      return 'something unreadable';
    case 'scalar':
      if (node.value === null) return 'nothing';
      if (typeof node.value === 'string') return node.text === '' ? 'an empty text' : `the text ${quote(node.text)}`;
      return `the ${typeof node.value} ${quote(node.text)}`;
    default:
      return assertNever(node);
  }
}

/** YAML 1.1 read these as booleans; many still expect it. */
const oldBooleans: Readonly<Record<string, 'true' | 'false'>> = {
  yes: 'true',
  on: 'true',
  y: 'true',
  no: 'false',
  off: 'false',
  n: 'false',
};

/** `yes`, `on`, `no`, `off`: what they would have been in YAML 1.1. */
function oldBoolean(text: string): 'true' | 'false' | undefined {
  return Object.hasOwn(oldBooleans, text.toLowerCase()) ? oldBooleans[text.toLowerCase()] : undefined;
}

/** What to do about a value of the wrong type. */
export function typeRemedy(node: TreeNode, expected: string): string {
  const meant = meantValue(node, expected);
  if (meant === undefined) return `Write ${expected}${exampleOf(node, expected)}.`;
  switch (meant.type) {
    case 'boolean':
      return `Write \`${meant.written}\`, without quotes; in YAML 1.2 only true and false are booleans.`;
    case 'text':
      return `Put it into quotes: ${meant.written}.`;
    case 'number':
      return 'Remove the quotes.';
    default:
      return assertNever(meant.type);
  }
}

/** A single word, where a list is wanted, as the list that it would be. */
function exampleOf(node: TreeNode, expected: string): string {
  const isWord = node.kind === 'scalar' && typeof node.value === 'string' && /^[\w./@-]{1,40}$/.test(node.text);
  return expected === 'a list' && isWord ? `: ${quote(`[${node.text}]`)}` : '';
}

/** The field `fix` of a finding about a value of the wrong type, where the value that was meant is plain. */
export function typeFix(node: TreeNode, expected: string): { readonly fix?: SpanFix } {
  const meant = meantValue(node, expected);
  if (meant === undefined) return {};
  return { fix: { description: `write \`${meant.written}\``, edits: [{ span: node.span, text: meant.written }] } };
}

/** A value as it should be written to be of its type. */
interface MeantValue {
  readonly type: 'boolean' | 'text' | 'number';
  readonly written: string;
}

function meantValue(node: TreeNode, expected: string): MeantValue | undefined {
  if (node.kind !== 'scalar' || node.style === 'block') return undefined;
  if (expected.includes('true or false')) {
    const meant = oldBoolean(node.text) ?? (/^(true|false)$/i.test(node.text) ? node.text.toLowerCase() : undefined);
    if (meant !== undefined) return { type: 'boolean', written: meant };
  }
  if (expected.includes('text') && (typeof node.value === 'number' || typeof node.value === 'boolean')) {
    return { type: 'text', written: `'${node.text}'` };
  }
  if (expected.includes('number') && typeof node.value === 'string' && /^\s*-?[0-9]+(\.[0-9]+)?\s*$/.test(node.text)) {
    return { type: 'number', written: node.text.trim() };
  }
  return undefined;
}

/** A tree without expressions as JSON. */
export function toJson(node: TreeNode): Json {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'sequence':
      return node.items.map(toJson);
    case 'mapping':
      // fromEntries defines own properties, so that a key `__proto__` is a key like any other.
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, toJson(value)]));
    case 'invalid':
      return null;
    default:
      return assertNever(node);
  }
}

/** The value under a key of a mapping; undefined where there is none, or no mapping. */
export function valueAt(node: TreeNode | undefined, key: string): TreeNode | undefined {
  return node?.kind === 'mapping' ? node.entries.find((entry) => entry.key === key)?.value : undefined;
}

/** The keys of a mapping; none for anything else. */
export function keysOf(node: TreeNode | undefined): readonly string[] {
  return node?.kind === 'mapping' ? node.entries.map(({ key }) => key) : [];
}
