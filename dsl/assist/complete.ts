import { isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';
import type { NodeCatalogue } from '../api.ts';
import { valueOf } from '../editing/reading.ts';
import { type Suggestion, suggestionsIn } from './contexts.ts';
import { type Place, placeAt } from './place.ts';
import { descriptionOf, isBody, keysOf, schemasAt, valuesOf } from './schemas.ts';

/** What is known beside the text. */
export interface Assistance {
  /** The schema of workflow files. */
  readonly schema: JsonObject;
  readonly catalogue: NodeCatalogue;
  /** The queues that jobs may run on. */
  readonly queues?: readonly string[];
}

/** What could stand at the cursor, in the place of what is written from an offset on. */
export interface Suggestions {
  readonly from: number;
  readonly options: readonly Suggestion[];
  /** What follows what is chosen: `: ` behind a key. */
  readonly then: string;
}

/** What is said of a part of the text. */
export interface Explanation {
  readonly title: string;
  readonly info: string;
  readonly from: number;
  readonly to: number;
}

/** Completes keys, values, nodes, their inputs, and what expressions may read. */
export function suggestionsAt(text: string, offset: number, known: Assistance): Suggestions | undefined {
  const place = placeAt(text, offset);
  if (place === undefined) return undefined;
  if (place.expression !== undefined) {
    const [word = ''] = /[\w-]*$/u.exec(place.expression) ?? [];
    const said = saidBy(text, offset);
    const options = suggestionsIn(place.expression, { path: place.path, said, catalogue: known.catalogue });
    return { from: offset - word.length, options, then: '' };
  }
  if (place.kind === 'text') return undefined;
  const from = offset - place.written.length;
  // An item of a list of names.
  const isKey = place.kind === 'key' && !isNeed(place.path);
  const options = isKey ? keysAt(place, known) : valuesAt(place, saidBy(text, offset), known);
  return { from, options, then: isKey && !/^\s*:/u.test(text.slice(offset, offset + 2)) ? ': ' : '' };
}

/** What is said of what stands at an offset: of a key, or of the node that `uses` names. */
export function explanationAt(text: string, offset: number, known: Assistance): Explanation | undefined {
  const [before, after] = [
    /[\w.@-]*$/u.exec(text.slice(0, offset))?.[0] ?? '',
    /^[\w.@-]*/u.exec(text.slice(offset))?.[0] ?? '',
  ];
  const [from, to, title] = [offset - before.length, offset + after.length, before + after];
  const place = title === '' ? undefined : placeAt(text, to);
  if (place === undefined || place.kind === 'text' || place.expression !== undefined) return undefined;
  const isUses = place.kind === 'value' && place.path.at(-1) === 'uses' && isStep(place.path.slice(0, -1));
  if (isUses) {
    const found = known.catalogue.find(title);
    return 'node' in found ? { title, info: found.node.description, from, to } : undefined;
  }
  if (place.kind !== 'key') return undefined;
  const info = keysAt({ ...place, beside: withoutKey(place, title) }, known).find((one) => one.text === title)?.info;
  return info === undefined || info === '' ? undefined : { title, info, from, to };
}

function withoutKey({ beside }: Place, key: string): Place['beside'] {
  return new Map([...beside].filter(([name]) => name !== key));
}

function keysAt({ path, beside, around }: Place, { schema, catalogue }: Assistance): readonly Suggestion[] {
  const inputs =
    path.at(-1) === 'with' && isStep(path.slice(0, -1)) ? inputsOf(around.get('uses'), catalogue) : undefined;
  if (inputs !== undefined) return inputs.filter(({ text }) => !beside.has(text));
  if (path.length === 1 && path[0] === 'permissions') return capabilities(catalogue);
  return Array.from(keysOf(schemasAt(schema, path), schema), ([text, info]) => ({ text, info })).filter(
    ({ text }) => !beside.has(text),
  );
}

function capabilities(catalogue: NodeCatalogue): readonly Suggestion[] {
  return Object.keys(catalogue.permissionSchemas()).map((text) => ({ text }));
}

function inputsOf(uses: string | undefined, catalogue: NodeCatalogue): readonly Suggestion[] | undefined {
  const found = uses === undefined ? undefined : catalogue.find(uses);
  if (found === undefined || !('node' in found)) return undefined;
  return Object.entries(found.node.inputs).map(([text, input]) => ({
    text,
    ...(input['required'] === true ? { detail: 'required' } : {}),
    info: descriptionOf([input]),
  }));
}

function valuesAt({ path }: Place, said: Json, { schema, catalogue, queues = [] }: Assistance): readonly Suggestion[] {
  if (path.at(-1) === 'uses' && isStep(path.slice(0, -1))) {
    return catalogue.names().map((text) => {
      const found = catalogue.find(text);
      return { text, ...('node' in found ? { info: found.node.description } : {}) };
    });
  }
  if (isNeed(path)) {
    const jobs = isJsonObject(said) && isJsonObject(said['jobs']) ? Object.keys(said['jobs']) : [];
    return jobs.filter((job) => job !== path[1]).map((text) => ({ text }));
  }
  if (isQueue(path)) return queues.map((text) => ({ text }));
  return valuesOf(schemasAt(schema, path)).map((text) => ({ text }));
}

function isNeed(path: Place['path']): boolean {
  return path.at(-1) === 'needs' || (path.at(-1) === null && path.at(-2) === 'needs');
}

/** Of a job, or of the hosts of a fleet. */
function isQueue([jobs, , key, inner, ...rest]: Place['path']): boolean {
  return jobs === 'jobs' && key === 'runs-on' && (inner === undefined || (inner === 'queue' && rest.length === 0));
}

/** Whether a path leads to a step: an item of `steps`, or of a list within a step. */
function isStep(path: Place['path']): boolean {
  return path[0] === 'jobs' && path.at(-1) === null && isBody(path.at(-2));
}

/** What the file says; while a line can't be read, what it says without that. */
function saidBy(text: string, offset: number): Json {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', offset);
  const without = text.slice(0, start) + (end === -1 ? '' : text.slice(end + 1));
  return valueOf(text) ?? valueOf(without) ?? null;
}
