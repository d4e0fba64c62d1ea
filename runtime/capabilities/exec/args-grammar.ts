import { assertNever, isJsonObject, type Json, type JsonObject } from '../../../schemas/index.ts';
import { readQuoted } from '../quoted.ts';
import { maxItems } from './args-schema.ts';
import { Automaton, type Expression } from './automaton.ts';
import { parseValuePattern, type ValuePattern } from './value-pattern.ts';
import { defaultUrlSchemes, type UrlScheme, urlSchemes, type ValueType, valueTypes } from './value-types.ts';

/** What an entry's `args` allows. */
export type ArgsRule =
  | { readonly kind: 'any' }
  | { readonly kind: 'list'; readonly items: readonly ArgsItem[]; readonly automaton: Automaton<ArgPattern> };

/** One item: it takes one argument (a group: those of its items), none if `optional`, any number if `repeat`. */
export interface ArgsItem {
  readonly accepts: ArgPattern | { readonly kind: 'group'; readonly items: readonly ArgsItem[] };
  readonly optional: boolean;
  readonly repeat: boolean;
}

/** What one argument may be. */
export type ArgPattern =
  | { readonly kind: 'literal'; readonly texts: readonly string[] }
  | { readonly kind: 'pattern'; readonly prefix: string; readonly pattern: ValuePattern }
  | {
      readonly kind: 'value';
      readonly type: ValueType;
      readonly prefix: string;
      readonly schemes: readonly UrlScheme[];
      /** A URL that net grants. */
      readonly granted: boolean;
    };

/** Of one entry, groups included. */
const maxStates = 1_000;
/** Of groups in groups; the schema says the same. */
const maxDepth = 4;

type Parsed<T> = T | { readonly problem: string };
interface Times {
  readonly optional: boolean;
  readonly repeat: boolean;
}

/** Reads an entry's `args`. */
export function parseArgsRule(args: Json | undefined): { readonly args: ArgsRule } | { readonly problem: string } {
  if (args === 'any') return { args: { kind: 'any' } };
  const items = args === undefined ? [] : parseItems(args, { name: '`args`', depth: 1 });
  if ('problem' in items) return items;
  const automaton = Automaton.compile(expressionOf(items), maxStates);
  if (automaton === undefined) return { problem: `\`args\` has more than ${maxStates} items, with those in groups` };
  return { args: { kind: 'list', items, automaton } };
}

function parseItems(
  args: Json,
  { name, depth }: { readonly name: string; readonly depth: number },
): readonly ArgsItem[] | { readonly problem: string } {
  if (!Array.isArray(args)) return { problem: `${name} is ${depth === 1 ? '`any` or ' : ''}a list` };
  if (args.length > maxItems) return { problem: `${name} has more than ${maxItems} items` };
  const items: ArgsItem[] = [];
  for (const [index, item] of args.entries()) {
    const parsed = parseItem(item, depth);
    if ('problem' in parsed) return { problem: `${name.slice(0, -1)}[${index}]\`: ${parsed.problem}` };
    items.push(parsed);
  }
  return items;
}

/** The items as an expression over arguments. */
export function expressionOf(items: readonly ArgsItem[]): Expression<ArgPattern> {
  return {
    kind: 'sequence',
    parts: items.map(({ accepts, optional, repeat }) => {
      const part: Expression<ArgPattern> =
        accepts.kind === 'group' ? expressionOf(accepts.items) : { kind: 'leaf', leaf: accepts };
      return { kind: 'times', part, min: optional ? 0 : 1, max: repeat ? 'unbounded' : 1 };
    }),
  };
}

function parseItem(item: Json, depth: number): Parsed<ArgsItem> {
  const once: Times = { optional: false, repeat: false };
  if (typeof item === 'string') return parseLiteral(item, once);
  // `--depth, 1` in YAML, or an input that is a number; a negative one could be taken for an option.
  if (typeof item === 'number' && item >= 0) return parseLiteral(String(item), once);
  if (!isJsonObject(item)) return { problem: 'an item is a text, a number from 0 up, or an object' };
  const times: Times = { optional: item['optional'] === true, repeat: item['repeat'] === true };
  const kinds = ['enum', 'type', 'pattern', 'group'].filter((key) => item[key] !== undefined);
  if (kinds.length > 1) return { problem: `\`${kinds[0]}\` and \`${kinds[1]}\` exclude each other` };
  const prefix = readQuoted(typeof item['prefix'] === 'string' ? item['prefix'] : '').text;
  switch (kinds[0]) {
    case 'enum':
      return parseEnum(item['enum'], prefix, times);
    case 'pattern':
      return parsePatternItem(item, prefix, times);
    case 'group':
      return parseGroup(item, depth, times);
    default:
      return parseValue(item, prefix, times);
  }
}

function parseEnum(choices: Json | undefined, prefix: string, times: Times): Parsed<ArgsItem> {
  if (!Array.isArray(choices)) return { problem: '`enum` is a list of texts' };
  const texts: string[] = [];
  for (const choice of choices) {
    const literal = typeof choice === 'string' ? parseLiteral(`${prefix}${choice}`, times) : undefined;
    if (literal === undefined) return { problem: '`enum` is a list of texts' };
    if ('problem' in literal) return literal;
    if (literal.accepts.kind === 'literal') texts.push(...literal.accepts.texts);
  }
  return { accepts: { kind: 'literal', texts }, ...times };
}

function parsePatternItem(item: JsonObject, prefix: string, times: Times): Parsed<ArgsItem> {
  const misplaced = misplacedKey(item);
  if (misplaced !== undefined) return misplaced;
  const parsed = parseValuePattern(typeof item['pattern'] === 'string' ? item['pattern'] : '');
  return 'problem' in parsed ? parsed : { accepts: { kind: 'pattern', prefix, pattern: parsed.pattern }, ...times };
}

function parseGroup(item: JsonObject, depth: number, times: Times): Parsed<ArgsItem> {
  if (depth >= maxDepth) return { problem: `groups lie in at most ${maxDepth - 1} groups` };
  if (item['prefix'] !== undefined) return { problem: 'a `group` takes no `prefix`' };
  const misplaced = misplacedKey(item);
  if (misplaced !== undefined) return misplaced;
  const items = parseItems(item['group'] ?? null, { name: '`group`', depth: depth + 1 });
  if ('problem' in items) return items;
  return items.length === 0 ? { problem: '`group` is empty' } : { accepts: { kind: 'group', items }, ...times };
}

function parseValue(item: JsonObject, prefix: string, times: Times): Parsed<ArgsItem> {
  const type = valueTypes.find((candidate) => candidate === item['type']);
  if (type === undefined) {
    return { problem: `an item needs \`enum\`, \`pattern\`, \`group\`, or \`type\`: one of ${valueTypes.join(', ')}` };
  }
  if (type === 'file' && prefix !== '') return { problem: 'a `file` stands alone and takes no `prefix`' };
  if (type !== 'url') {
    const misplaced = misplacedKey(item);
    if (misplaced !== undefined) return misplaced;
  }
  const granted = item['granted'] === true;
  const named = item['schemes'];
  const otherwise: readonly UrlScheme[] = granted ? ['https'] : defaultUrlSchemes;
  const schemes = Array.isArray(named) ? urlSchemes.filter((scheme) => named.includes(scheme)) : otherwise;
  if (granted && schemes.some((scheme) => scheme !== 'https' && scheme !== 'http')) {
    return { problem: '`granted` asks `net`, which knows https and http only' };
  }
  return { accepts: { kind: 'value', type, prefix, schemes, granted }, ...times };
}

function misplacedKey(item: JsonObject): { readonly problem: string } | undefined {
  const key = ['schemes', 'granted'].find((candidate) => item[candidate] !== undefined);
  return key === undefined ? undefined : { problem: `\`${key}\` goes with \`type: url\`` };
}

/** A fixed text. What an input put at its beginning must not turn it into an option. */
function parseLiteral(marked: string, times: Times): Parsed<ArgsItem> {
  const { text, quoted } = readQuoted(marked);
  const fromInput = quoted.some((range) => range.start === 0 && range.end > 0);
  if (fromInput && text.startsWith('-')) return { problem: `\`${text}\` comes from an input and looks like an option` };
  return { accepts: { kind: 'literal', texts: [text] }, ...times };
}

/** One item in words: `--depth=<integer>`, `[-q|-v]`, `<path>...`, `(-e <text>)...`. */
export function describeItem({ accepts, optional, repeat }: ArgsItem): string {
  const core = accepts.kind === 'group' ? `(${accepts.items.map(describeItem).join(' ')})` : describePattern(accepts);
  const repeated = repeat ? `${core}...` : core;
  return optional ? `[${repeated}]` : repeated;
}

/** What one argument may be, in words. */
export function describePattern(pattern: ArgPattern): string {
  switch (pattern.kind) {
    case 'literal':
      return pattern.texts.join('|');
    case 'pattern':
      return `${pattern.prefix}/${pattern.pattern.text}/`;
    case 'value':
      return `${pattern.prefix}<${pattern.granted ? 'granted ' : ''}${pattern.type}>`;
    default:
      return assertNever(pattern);
  }
}
