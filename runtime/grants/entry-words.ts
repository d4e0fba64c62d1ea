/** Permission entries in words, for whoever has to say yes to them: one wording wherever an entry is shown. */
import {
  type EvaluatedExpression,
  type EvaluatedTemplate,
  type ExpressionSource,
  isJsonList,
  type Json,
  type JsonObject,
  type Template,
} from '../../schemas/index.ts';
import { capabilities } from '../capabilities/table.ts';
import { makeLayerRule, makeRule, withoutReason } from './entries.ts';
import { holdsExpression, templateOfEntry } from './substitute.ts';

/**
 * One sentence for an entry, as its capability explains it. Expressions over the inputs stand in it as they are written, and behind it what
 * they can become. `defaults`: of inputs, where they are known.
 */
export function entryInWords(name: string, entry: JsonObject, defaults: JsonObject = {}): string {
  const capability = capabilities.get(name);
  if (capability === undefined) return `an unknown capability: ${asWritten(entry)}`;
  if (!holdsExpression(JSON.stringify(withoutReason(entry)))) {
    const made = makeRule(capability, entry, undefined);
    return made.kind === 'rule' ? capability.explain(made.rule) : `${capability.description}: ${asWritten(entry)}`;
  }
  const sentence = sentenceAround(name, withoutReason(entry)) ?? `${capability.description}: ${asWritten(entry)}`;
  return `${sentence}; ${inputsInWords(entry, defaults)}`;
}

/** The inputs, in lower case, that expressions read; `any` where one reads them in another way than by name. Reasons aren't looked at. */
export function inputsRead(value: unknown): ReadonlySet<string> | 'any' {
  const text = JSON.stringify(value, (key, each: unknown) => (key === 'reason' ? undefined : each));
  if (!holdsExpression(text)) return new Set();
  const names = new Set<string>();
  const rest = text.replaceAll(/\binputs\.([A-Za-z_][A-Za-z0-9_-]*)/giu, (_read, name: string) => {
    names.add(name.toLowerCase());
    return '';
  });
  return /\binputs\b/iu.test(rest) ? 'any' : names;
}

function asWritten(entry: JsonObject): string {
  return Object.entries(withoutReason(entry))
    .map(([key, value]) => `${key} ${fieldInWords(value)}`)
    .join(', ');
}

/** A field's value as people write it. */
export function fieldInWords(value: Json): string {
  if (typeof value === 'string') return value;
  const isPlainList = Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string');
  return isPlainList ? value.join(', ') : JSON.stringify(value);
}

/** A value stands for exactly itself, whatever is in it: no input becomes a pattern. */
function inputsInWords(entry: JsonObject, defaults: JsonObject): string {
  const read = inputsRead(entry);
  if (read === 'any' || read.size === 0) return 'the inputs are whatever a step gives';
  const known = new Map(Object.entries(defaults).map(([name, value]) => [name.toLowerCase(), value]));
  const asSecret = inputsGivingSecrets(entry);
  const each = [...read].map((name) => {
    const value = known.get(name);
    const otherwise = value === undefined ? '' : `, ${JSON.stringify(value)} where it gives none`;
    return `\`${name}\` is whatever a step gives${asSecret.has(name) ? ", a secret or a secret's name" : ''}${otherwise}`;
  });
  return each.join('; ');
}

/** Inputs, in lower case, each of which is all of an item of `secrets` or `url-secrets`. */
function inputsGivingSecrets(entry: JsonObject): ReadonlySet<string> {
  const items = [entry['secrets'], entry['url-secrets']].flatMap((list): readonly Json[] =>
    isJsonList(list) ? list : [],
  );
  return new Set(
    items
      .filter((item) => typeof item === 'string')
      .flatMap((item) => /^\$\{\{\s*inputs\.([\w-]+)\s*\}\}$/iu.exec(item)?.[1]?.toLowerCase() ?? []),
  );
}

/** An expression of an entry, and what stands in for it while the capability makes its sentence. */
interface Place {
  readonly expression: ExpressionSource;
  /** The field that it is in. */
  readonly field: string;
  /** Whether nothing stands around it there. */
  readonly isWhole: boolean;
  /** Values of the kinds that fields take, each of which can be found again in a sentence; `true`, which can't, comes last. */
  readonly candidates: readonly (string | number | boolean)[];
}

/** Combinations that are tried: an entry with more expressions of different kinds than that is shown as it is written. */
const mostTries = 256;

/** The capability's sentence over stand-ins, with the expressions in their places; undefined where none fits. */
function sentenceAround(name: string, entry: JsonObject): string | undefined {
  const capability = capabilities.get(name);
  const read = templateOfEntry(entry);
  if (capability === undefined || 'problem' in read) return undefined;
  const places = placesIn(read.template, JSON.stringify(entry).toLowerCase());
  const combinations = places.reduce((count, { candidates }) => count * candidates.length, 1);
  for (let nth = 0; nth < Math.min(combinations, mostTries); nth += 1) {
    const chosen = choose(places, nth);
    const values = chosen.values();
    const made = makeLayerRule(
      capability,
      filled(read.template, () => values.next().value ?? ''),
    );
    if (made.kind === 'rule') return withExpressions(capability.explain(made.rule), places, chosen);
  }
  return undefined;
}

/** The nth combination; the first expression's candidates change fastest. */
function choose(places: readonly Place[], nth: number): readonly (string | number | boolean)[] {
  let rest = nth;
  return places.map(({ candidates }) => {
    const chosen = candidates[rest % candidates.length] ?? '';
    rest = Math.floor(rest / candidates.length);
    return chosen;
  });
}

function placesIn(template: Template, written: string): readonly Place[] {
  const expressions: { readonly expression: ExpressionSource; readonly field: string; readonly isWhole: boolean }[] =
    [];
  const collect = (part: Template, field: string): void => {
    if (part.kind === 'expression') expressions.push({ expression: part.expression, field, isWhole: true });
    else if (part.kind === 'array') for (const item of part.items) collect(item, field);
    else if (part.kind === 'object') for (const [key, item] of part.entries) collect(item, field === '' ? key : field);
    else if (part.kind === 'text')
      for (const each of part.parts)
        if (typeof each !== 'string') expressions.push({ expression: each, field, isWhole: false });
  };
  collect(template, '');
  let last = 0;
  return expressions.map((each) => {
    // What the author wrote must not look like a stand-in.
    do last += 1;
    while (written.includes(lettersOf(last)) || written.includes(String(portOf(last))));
    const word = lettersOf(last);
    return { ...each, candidates: [word, `https://${word}`, `/${word}`, String(portOf(last)), true] };
  });
}

/** Letters alone are a host, a path, a method, a header and the name of a secret. None of these is the beginning of another. */
function lettersOf(index: number): string {
  return `zzq${String(index).replaceAll(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)))}zzq`;
}

function portOf(index: number): number {
  return 50_000 + index;
}

function filled(template: Template, next: () => Json): EvaluatedTemplate {
  const evaluated = ({ source, at }: ExpressionSource): EvaluatedExpression => ({ source, at, value: next() });
  switch (template.kind) {
    case 'literal':
      return template;
    case 'expression':
      return { kind: 'expression', expression: evaluated(template.expression) };
    case 'text':
      return { kind: 'text', parts: template.parts.map((part) => (typeof part === 'string' ? part : evaluated(part))) };
    case 'array':
      return { kind: 'array', items: template.items.map((item) => filled(item, next)) };
    case 'object':
      return { kind: 'object', entries: template.entries.map(([key, item]) => [key, filled(item, next)] as const) };
    default:
      return template satisfies never;
  }
}

/**
 * The sentence where the place is all of an item of `secrets`: one input there isn't a name, it is whichever secret the step gives it. Undefined
 * for other places.
 */
function withGivenSecret(sentence: string, { expression, field, isWhole }: Place, standIn: string): string | undefined {
  const input = /^inputs\.([\w-]+)$/iu.exec(expression.source)?.[1];
  if (input === undefined || !isWhole || (field !== 'secrets' && field !== 'url-secrets')) return undefined;
  const given = `given as \`${input}\``;
  const said = sentence
    .replace(`the secrets ${standIn} in headers`, `the secret ${given} in a header`)
    .replace(new RegExp(`the secrets ${standIn}(?!, (?:[A-Z_]|zzq))`, 'u'), `the secret ${given}`)
    .replace(standIn, `the one ${given}`);
  return said === sentence ? undefined : said;
}

/** What can't be seen in the sentence, such as a truth value, is said behind it. */
function withExpressions(
  sentence: string,
  places: readonly Place[],
  chosen: readonly (string | number | boolean)[],
): string {
  const unseen: string[] = [];
  const shown = places.reduce((text, place, index) => {
    const { expression, field } = place;
    const standIn = chosen[index];
    const given = withGivenSecret(text, place, String(standIn));
    if (given !== undefined) return given;
    const found = typeof standIn === 'boolean' ? [text] : text.split(new RegExp(String(standIn), 'giu'));
    if (found.length === 1) unseen.push(`\`${field}\` as \`${expression.source}\` says`);
    return found.join(`\${{ ${expression.source} }}`);
  }, sentence);
  return [shown, ...unseen].join(', ');
}
