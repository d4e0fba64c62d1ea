import { assertNever, isJsonObject, type Json, type JsonObject } from '../../../schemas/index.ts';
import { readQuoted } from '../quoted.ts';
import {
  defaultUrlSchemes,
  isInteger,
  isPlainUrl,
  isRef,
  isText,
  isWorkspacePath,
  type UrlScheme,
  urlSchemes,
  type ValueType,
  valueTypes,
} from './value-types.ts';

/** What an entry's `args` allows. */
export type ArgsRule = { readonly kind: 'any' } | { readonly kind: 'list'; readonly items: readonly ArgsItem[] };

/** One item: it takes one argument, none if `optional`, any number if `repeat`. */
export interface ArgsItem {
  readonly accepts: ItemPattern;
  readonly optional: boolean;
  readonly repeat: boolean;
}

type ItemPattern =
  | { readonly kind: 'literal'; readonly texts: readonly string[] }
  | {
      readonly kind: 'value';
      readonly type: ValueType;
      readonly prefix: string;
      readonly schemes: readonly UrlScheme[];
    };

/** An argument as a guest gives it: text, or one of the exec's own files by name. */
export type GivenArg = string | { readonly file: string };

/** Most items of one entry; matching takes at most items x arguments steps. */
const maxItems = 200;

/** JSON Schema of `args`. */
export const argsRuleSchema: JsonObject = {
  description: '`any`, or the list of what each argument may be; absent: no arguments',
  oneOf: [
    { const: 'any' },
    {
      type: 'array',
      maxItems,
      items: {
        oneOf: [
          { type: 'string' },
          { type: 'number', minimum: 0 },
          {
            type: 'object',
            additionalProperties: false,
            minProperties: 1,
            properties: {
              enum: {
                type: 'array',
                minItems: 1,
                maxItems: 200,
                items: { type: 'string' },
                description: 'the argument is one of these texts',
              },
              type: { enum: [...valueTypes], description: 'the argument is any value of this sort' },
              prefix: { type: 'string', minLength: 1, description: 'stands before the value in the same argument' },
              schemes: {
                type: 'array',
                minItems: 1,
                items: { enum: [...urlSchemes] },
                description: 'those that an address may have',
              },
              optional: { type: 'boolean', description: 'it may be left out' },
              repeat: { type: 'boolean', description: 'it stands for one or more arguments' },
            },
          },
        ],
      },
    },
  ],
};

/** Reads an entry's `args`. */
export function parseArgsRule(args: Json | undefined): { readonly args: ArgsRule } | { readonly problem: string } {
  if (args === undefined) return { args: { kind: 'list', items: [] } };
  if (args === 'any') return { args: { kind: 'any' } };
  if (!Array.isArray(args)) return { problem: '`args` is `any` or a list' };
  if (args.length > maxItems) return { problem: `\`args\` has more than ${maxItems} items` };
  const items: ArgsItem[] = [];
  for (const [index, item] of args.entries()) {
    const parsed = parseItem(item);
    if ('problem' in parsed) return { problem: `\`args[${index}]\`: ${parsed.problem}` };
    items.push(parsed.item);
  }
  return { args: { kind: 'list', items } };
}

const once = { optional: false, repeat: false };

function parseItem(item: Json): { readonly item: ArgsItem } | { readonly problem: string } {
  if (typeof item === 'string') return parseLiteral(item, once);
  // `--depth, 1` in YAML, or an input that is a number; a negative one could be taken for an option.
  if (typeof item === 'number' && item >= 0) return parseLiteral(String(item), once);
  if (!isJsonObject(item)) return { problem: 'an item is a text, a number from 0 up, or an object' };
  const times = { optional: item['optional'] === true, repeat: item['repeat'] === true };
  const prefix = readQuoted(typeof item['prefix'] === 'string' ? item['prefix'] : '').text;
  const choices = item['enum'];
  if (Array.isArray(choices)) {
    if (item['type'] !== undefined) return { problem: '`enum` and `type` exclude each other' };
    const texts: string[] = [];
    for (const choice of choices) {
      const literal = typeof choice === 'string' ? parseLiteral(`${prefix}${choice}`, times) : undefined;
      if (literal === undefined) return { problem: '`enum` is a list of texts' };
      if ('problem' in literal) return literal;
      if (literal.item.accepts.kind === 'literal') texts.push(...literal.item.accepts.texts);
    }
    return { item: { accepts: { kind: 'literal', texts }, ...times } };
  }
  const type = valueTypes.find((candidate) => candidate === item['type']);
  if (type === undefined) return { problem: `an item needs \`enum\`, or \`type\`: one of ${valueTypes.join(', ')}` };
  if (type === 'file' && prefix !== '') return { problem: 'a `file` stands alone and takes no `prefix`' };
  if (type !== 'url' && item['schemes'] !== undefined) return { problem: '`schemes` goes with `type: url`' };
  const named = item['schemes'];
  const schemes = Array.isArray(named) ? urlSchemes.filter((scheme) => named.includes(scheme)) : defaultUrlSchemes;
  return { item: { accepts: { kind: 'value', type, prefix, schemes }, ...times } };
}

/** A fixed text. What an input put at its beginning must not turn it into an option. */
function parseLiteral(
  marked: string,
  times: { readonly optional: boolean; readonly repeat: boolean },
): { readonly item: ArgsItem } | { readonly problem: string } {
  const { text, quoted } = readQuoted(marked);
  const fromInput = quoted.some((range) => range.start === 0 && range.end > 0);
  if (fromInput && text.startsWith('-')) return { problem: `\`${text}\` comes from an input and looks like an option` };
  return { item: { accepts: { kind: 'literal', texts: [text] }, ...times } };
}

/**
 * Whether the arguments fit, else why not. Simulates the set of items that may come next, so the time is linear in the
 * arguments whatever the rule.
 */
export function matchArgs(
  rule: ArgsRule,
  args: readonly GivenArg[],
): { readonly matches: true } | { readonly matches: false; readonly why: string } {
  if (rule.kind === 'any') return { matches: true };
  const { items } = rule;
  let states = closure(items, new Set([0]));
  let position: 'before --' | 'after --' = 'before --';
  for (const [index, arg] of args.entries()) {
    const next = new Set<number>();
    for (const state of states) {
      const item = items[state];
      if (item === undefined || !accepts(item.accepts, arg, position)) continue;
      next.add(state + 1);
      if (item.repeat) next.add(state);
    }
    if (next.size === 0) {
      const given = typeof arg === 'string' ? `\`${arg}\`` : `the file \`${arg.file}\``;
      return { matches: false, why: `argument ${index + 1}, ${given}, is not ${expected(items, states)}` };
    }
    if (arg === '--') position = 'after --';
    states = closure(items, next);
  }
  if (states.has(items.length)) return { matches: true };
  return { matches: false, why: `after ${args.length} arguments it expects ${expected(items, states)}` };
}

/** Adds what optional items let be reached without an argument. */
function closure(items: readonly ArgsItem[], states: Set<number>): Set<number> {
  // A set visits what is added while it is walked.
  for (const state of states) if (items[state]?.optional === true) states.add(state + 1);
  return states;
}

function accepts(pattern: ItemPattern, arg: GivenArg, position: 'before --' | 'after --'): boolean {
  if (pattern.kind === 'literal') return typeof arg === 'string' && pattern.texts.includes(arg);
  if (typeof arg !== 'string') return pattern.type === 'file';
  if (!arg.startsWith(pattern.prefix)) return false;
  const value = arg.slice(pattern.prefix.length);
  switch (pattern.type) {
    case 'path':
      return isWorkspacePath(value);
    case 'file':
      return false;
    case 'integer':
      return isInteger(value);
    case 'ref':
      return isRef(value);
    case 'url':
      return isPlainUrl(value, pattern.schemes);
    case 'text':
      return pattern.prefix !== '' || isText(value, position);
    default:
      return assertNever(pattern.type);
  }
}

/** Names what may come next, for a denial. */
function expected(items: readonly ArgsItem[], states: ReadonlySet<number>): string {
  const names = [...states].map((state) => {
    const item = items[state];
    return item === undefined ? 'the end' : describeItem(item);
  });
  return names.length === 1 ? (names[0] ?? 'the end') : `one of: ${names.join(', ')}`;
}

/** One item in words: `--depth=<integer>`, `[-q|-v]`, `<path>...`. */
export function describeItem(item: ArgsItem): string {
  const { accepts } = item;
  const core = accepts.kind === 'literal' ? accepts.texts.join('|') : `${accepts.prefix}<${accepts.type}>`;
  const repeated = item.repeat ? `${core}...` : core;
  return item.optional ? `[${repeated}]` : repeated;
}
