import { isMap, isNode, isPair, isScalar, isSeq, parseDocument, stringify, visit } from 'yaml';
import type { Random } from './random.ts';
import { expressionTokens, words } from './tokens.ts';

type Data = null | boolean | number | string | readonly Data[] | { readonly [key: string]: Data };

/** A text whose data was changed, and which was written anew: other types, other keys, other depths. Unchanged where it is no YAML. */
export function mutateData(text: string, random: Random): string {
  let data: Data;
  try {
    // YAML without tags of its own holds nothing else.
    data = parseDocument(text, { logLevel: 'silent', schema: 'core' }).toJS({ maxAliasCount: 1000 }) as Data;
  } catch {
    return text;
  }
  try {
    for (let change = random.below(3); change >= 0; change -= 1) {
      data = changed(data, { at: random.below(countPlaces(data)), random, seen: 0 });
    }
    return write(data, random);
  } catch (error) {
    // An alias within its own anchor has no end.
    if (error instanceof RangeError) return text;
    throw error;
  }
}

/** The text with some of its values behind an anchor, and with aliases for others. */
export function anchorValues(text: string, random: Random): string {
  const document = parseDocument(text, { logLevel: 'silent' });
  if (document.errors.length > 0) return text;
  const nodes: { anchor?: string }[] = [];
  visit(document, {
    Node: (_key, node) => {
      if (isMap(node) || isSeq(node) || isScalar(node)) nodes.push(node);
    },
  });
  const anchored = random.choose(nodes);
  if (anchored === undefined) return text;
  anchored.anchor = 'a';
  visit(document, {
    Pair: (_key, pair) => {
      if (!isPair(pair) || !isNode(pair.value) || pair.value === anchored || !random.oneIn(8)) return;
      Object.assign(pair, { value: document.createNode(null) });
      Object.assign(pair.value ?? {}, { comment: 'alias' });
    },
  });
  try {
    return document.toString().replaceAll(/(?:null|~|) ?#alias/g, '*a');
  } catch {
    // An alias that contains itself, say: YAML can't be written so.
    return text;
  }
}

function write(data: Data, random: Random): string {
  if (random.oneIn(4)) return JSON.stringify(data, null, random.oneIn(2) ? 2 : 0);
  return stringify(data, {
    indent: random.pick([2, 4, 3]),
    lineWidth: random.pick([0, 20, 80]),
    collectionStyle: random.pick(['any', 'any', 'block', 'flow']),
    defaultStringType: random.pick(['PLAIN', 'PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED']),
    defaultKeyType: 'PLAIN',
  });
}

function countPlaces(data: Data): number {
  return 1 + childrenOf(data).reduce<number>((count, child) => count + countPlaces(child), 0);
}

function childrenOf(data: Data): readonly Data[] {
  if (data === null || typeof data !== 'object') return [];
  return Object.values(data);
}

interface Change {
  readonly at: number;
  readonly random: Random;
  seen: number;
}

function changed(data: Data, change: Change): Data {
  if (change.seen++ === change.at) return replacement(data, change.random);
  if (data === null || typeof data !== 'object') return data;
  if (isList(data)) return data.map((item) => changed(item, change));
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, changed(value, change)]));
}

// Array.isArray doesn't narrow a readonly array.
function isList(data: Data): data is readonly Data[] {
  return Array.isArray(data);
}

function replacement(data: Data, random: Random): Data {
  const isMapping = data !== null && typeof data === 'object' && !isList(data);
  switch (random.below(isMapping ? 12 : 8)) {
    case 0:
      return random.pick<Data>([
        null,
        true,
        false,
        0,
        -1,
        1.5,
        1e21,
        '',
        'a',
        [],
        {},
        [[]],
        [null],
        { a: null },
        '${{ vars.a }}',
        '${{',
      ]);
    case 1:
      return [data];
    case 2:
      return { [random.pick(words)]: data };
    case 3:
      return nested(data, random);
    case 4:
      return JSON.stringify(data);
    case 5:
      return `\${{ ${random.pick(expressionTokens)} }}`;
    case 6:
      return [data, data, data];
    case 7:
      return Object.fromEntries(random.times(1 + random.below(3), () => [random.pick(words), random.pick(words)]));
    default:
      return withOtherKeys(data, random);
  }
}

function nested(data: Data, random: Random): Data {
  let value = data;
  for (let level = random.below(random.oneIn(5) ? 300 : 6); level > 0; level -= 1)
    value = random.oneIn(2) ? [value] : { a: value };
  return value;
}

/** A mapping with a key renamed, taken away, put in from elsewhere, or all in another order. */
function withOtherKeys(data: Data, random: Random): Data {
  if (data === null || typeof data !== 'object' || isList(data)) return data;
  const entries = Object.entries(data);
  const at = random.below(entries.length);
  switch (random.below(4)) {
    case 0:
      return Object.fromEntries(entries.map(([key, value], index) => [index === at ? random.pick(words) : key, value]));
    case 1:
      return Object.fromEntries(entries.filter((_, index) => index !== at));
    case 2:
      return { ...data, [random.pick(words)]: random.choose(entries)?.[1] ?? null };
    default:
      return Object.fromEntries(entries.toReversed());
  }
}
