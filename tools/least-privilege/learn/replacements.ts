import { quotePathPattern } from '../../../runtime/capabilities/fs/glob.ts';
import { tightestEntry } from '../../../runtime/grants/tightest.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject } from '../../../schemas/index.ts';
import { meets, type Need } from './coverage.ts';
import { patternsIn } from './patterns.ts';
import { type Place, type PlacedValue, replaced } from './places.ts';
import { type SeenText, type Templates, templatesOf } from './templates.ts';
import type { Use } from './uses.ts';

/** What a pattern could be instead, which comes to other texts in each invocation. */
export interface Replacement {
  readonly place: Place;
  readonly instead: string;
  /** The entry of one invocation. */
  readonly entryFor: (use: Use) => JsonObject;
}

/** Texts with expressions in the place of patterns, where all that calls had there comes from inputs or the plugin's own source. */
export function learnedReplacements(
  entry: JsonObject,
  needs: readonly Need[],
  isOwn: (text: string) => boolean,
): readonly Replacement[] {
  return patternsIn(entry).flatMap((pattern) => {
    const replaceable = isJsonObject(pattern.value) ? argumentFor(entry, pattern) : textsFor(entry, pattern);
    if (replaceable === undefined) return [];
    const seen = needs.flatMap(({ use }) => replaceable.textsOf(use).map((text): SeenText => ({ use, text })));
    const prefix = isJsonObject(pattern.value) ? pattern.value['prefix'] : undefined;
    const templates = seen.length === 0 ? undefined : templatesOf(seen, (text) => text === prefix || isOwn(text));
    if (templates === undefined) return [];
    const entryFor = (use: Use): JsonObject => replaceable.entryWith(textsIn(templates, use));
    return [{ place: pattern.place, instead: [...templates.keys()].join(', '), entryFor }];
  });
}

function textsIn(templates: Templates, use: Use): readonly string[] {
  const texts = [...templates.values()].flat().filter((seen) => seen.use === use);
  return [...new Set(texts.map(({ text }) => text))];
}

interface Replaceable {
  /** What a call had there. */
  readonly textsOf: (use: Use) => readonly string[];
  /** The entry with these in the place of the pattern. */
  readonly entryWith: (texts: readonly string[]) => JsonObject;
}

/** A text that nothing is called: a list of texts can't be empty. */
const never = 'waterflow-never';

/** An argument of some sort or pattern is one of some texts. Which of a call's arguments it took shows by leaving them out. */
function argumentFor(entry: JsonObject, { place, value }: PlacedValue): Replaceable {
  const { optional, repeat } = isJsonObject(value) ? value : {};
  const times = { ...(optional === true ? { optional } : {}), ...(repeat === true ? { repeat } : {}) };
  const entryWith = (texts: readonly string[]): JsonObject =>
    replaced(entry, place, [{ enum: texts.length === 0 ? [never] : [...texts], ...times }]);
  const textsOf = (use: Use): readonly string[] => {
    const args = isJsonObject(use.call.args) ? use.call.args['args'] : undefined;
    const all = isJsonList(args) ? args.filter((arg) => typeof arg === 'string') : [];
    const holds = (texts: readonly string[]): boolean => meets(entryWith(texts), use);
    if (!holds(all)) return [];
    return all.reduce<readonly string[]>((texts, text) => {
      const fewer = texts.filter((other) => other !== text);
      return holds(fewer) ? fewer : texts;
    }, all);
  };
  return { textsOf, entryWith };
}

/** Fields whose items are texts that the least entry of a call has, too. */
const listed: ReadonlySet<string> = new Set([
  'headers',
  'methods',
  'env',
  'read',
  'write',
  'keys',
  'from',
  'to',
  'images',
]);

/** Of a pattern for everything; what begins with a folder or a word is written for fewer by shorterPatterns(). */
function textsFor(entry: JsonObject, { place, value }: PlacedValue): Replaceable | undefined {
  const [field] = place;
  if (typeof field !== 'string' || !listed.has(field)) return undefined;
  if (value !== 'any' && value !== '*' && value !== '**') return undefined;
  const textsOf = (use: Use): readonly string[] => textsAsked(use, field).filter((text) => text !== stepVariables);
  const entryWith = (texts: readonly string[]): JsonObject => {
    const written = field === 'read' || field === 'write' ? texts.map(quotePathPattern) : texts;
    const items = [...(written.length === 0 ? [never] : written), ...(value === 'any' ? [stepVariables] : [])];
    return replaced(entry, place, place.length === 1 ? [[...items]] : items);
  };
  return { textsOf, entryWith };
}

/** The word for the step's own variables among those that an exec may be given. */
const stepVariables = 'step';

/** What was asked for, in the words of that field. */
function textsAsked({ capability, operation, call, demand }: Use, field: string): readonly string[] {
  // As JSON keeps it.
  const asked = demand as Json;
  if (capability === 'fs') {
    const path = isJsonObject(asked) ? asked['path'] : undefined;
    return typeof path === 'string' ? [path] : [];
  }
  const args = capability === call.capability ? call.args : asked;
  const tightest = tightestEntry({ capability, operation, args }, {});
  const found = 'entry' in tightest ? tightest.entry[field] : undefined;
  return (isJsonList(found) ? found : [found]).filter((text) => typeof text === 'string');
}
