import { isJsonObject, type JsonObject } from '../../../schemas/index.ts';
import type { Proposal } from './compare.ts';
import { holdsFor, meets, type Need } from './coverage.ts';
import type { Use } from './uses.ts';

/** The input that says what the step does: one of few values. */
export interface Mode {
  readonly input: string;
  readonly values: readonly string[];
}

/** The mode of a plugin: the input that every step gives, else the one that entries compare most often; undefined where there is none. */
export function modeOf(inputs: JsonObject, permissions: JsonObject): Mode | undefined {
  const entries = JSON.stringify(permissions);
  const candidates = Object.entries(inputs).flatMap(([input, schema]) => {
    if (!isJsonObject(schema) || !Array.isArray(schema['enum'])) return [];
    const compared = entries.split(`inputs.${input} == `).length - 1;
    const weight = schema['required'] === true ? Number.POSITIVE_INFINITY : compared;
    return weight === 0 ? [] : [{ input, values: schema['enum'].map(String), weight }];
  });
  return candidates.toSorted((one, other) => other.weight - one.weight)[0];
}

/** An entry that calls may need in some mode. */
export interface EntryOfMode {
  readonly name: string;
  readonly capability: string;
  readonly entry: JsonObject;
  /** What only it allows. */
  readonly needs: readonly Need[];
}

/** Modes in which an entry, or its `read` or `write`, is there and no call needed it; those in which nothing ran are left. */
export function idleModes(
  { name, capability, entry, needs }: EntryOfMode,
  mode: Mode | undefined,
  uses: readonly Use[],
): readonly Proposal[] {
  const fields = ['read', 'write'].filter((field) => entry[field] !== undefined);
  const parts =
    fields.length > 1 ? fields.map((field) => ({ place: `${name}.${field}`, rest: without(entry, field) })) : [];
  const { input = '', values = [] } = mode ?? {};
  return values.flatMap((value): readonly Proposal[] => {
    const isOf = (use: Use): boolean => use.inputs[input] === value;
    const holds = uses.some((use) => isOf(use) && holdsFor(entry, capability, use.inputs));
    if (!holds) return [];
    const instead = `nothing where ${input} is ${value}`;
    const needed = needs.filter(({ use }) => isOf(use));
    if (needed.length === 0) return [{ place: name, instead }];
    return parts
      .filter(({ rest }) => needed.every(({ use }) => meets(rest, use)))
      .map(({ place }) => ({ place, instead }));
  });
}

function without(entry: JsonObject, field: string): JsonObject {
  return Object.fromEntries(Object.entries(entry).filter(([name]) => name !== field));
}
