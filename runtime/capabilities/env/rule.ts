import type { JsonObject } from '../../../schemas/index.ts';
import type { Check } from '../capability.ts';
import { textsOf } from '../entry-parts.ts';
import { envPattern } from '../exec/environment.ts';
import { isAboutStart, mustBeNamed } from './names.ts';

/** Which variables an entry lets a step set for later ones: all, or exact names, `PREFIX*` and `*`. */
export type EnvironmentRule = { readonly names: 'any' | readonly string[] };

/** The form of an entry, for the check and for the documentation. */
export const environmentEntrySchema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['names'],
  properties: {
    names: {
      oneOf: [
        { enum: ['any'] },
        { type: 'array', minItems: 1, maxItems: 200, items: { type: 'string', minLength: 1, maxLength: 256 } },
      ],
      description:
        'Variables that later steps of the job get: names, `PREFIX*`, or `*` for all but PATH and those by which programs load code; `any` is these too.',
    },
  },
};

/** A checked entry to a rule. */
export function parseEnvironmentEntry(
  entry: JsonObject,
): { readonly rule: EnvironmentRule } | { readonly problem: string } {
  if (entry['names'] === 'any') return { rule: { names: 'any' } };
  const names = textsOf(entry['names']);
  const wrong = names.find((name) => !envPattern.test(name));
  if (wrong === undefined) return { rule: { names } };
  return {
    problem: `\`names\`: \`${wrong}\` is neither a variable's name nor a prefix of two or more letters and \`*\``,
  };
}

/** An expression's result is a name, and never a pattern or `any`. */
export function quoteEnvironmentText(
  text: string,
  path: readonly string[],
): { readonly text: string } | { readonly problem: string } {
  if (path.length > 1 && /^[A-Za-z_][A-Za-z0-9_]*$/.test(text)) return { text };
  return { problem: `\`${text}\` is not a variable's name` };
}

/**
 * An entry as `allow: requested` gives it: without the variables by which programs run other code when they start, which the operator
 * names.
 */
export function requestedEnvironment(entry: JsonObject): JsonObject | undefined {
  const { names } = entry;
  if (!Array.isArray(names)) return undefined;
  const kept = names.filter((name) => typeof name === 'string' && !isAboutStart(name));
  return kept.length === 0 ? undefined : { ...entry, names: kept };
}

/** A rule in words, as `grants explain` prints it. */
export function explainEnvironmentRule({ names }: EnvironmentRule): string {
  if (names === 'any') return 'set any variable of later steps, those by which programs load code too';
  const all = names.map((name) => (name === '*' ? 'any that runs no code by itself' : `\`${name}\``)).join(', ');
  return `set variables of later steps: ${all}`;
}

/** Whether one rule lets the variable be set for later steps. */
export function checkVariable({ names }: EnvironmentRule, variable: string): Check {
  if (names === 'any' || names.some((pattern) => covers(pattern, variable))) return { matches: true };
  const listed = names.map((name) => `\`${name}\``).join(', ');
  if (names.includes('*')) {
    return {
      matches: false,
      why: `\`*\` doesn't cover \`${variable}\`, which changes what programs run`,
      remedy: `Name \`${variable}\` in an entry of the policy that is written out, if later steps are to have it; else give it to the steps that need it by their \`env\`.`,
    };
  }
  return { matches: false, why: `it covers only ${listed}, not \`${variable}\`` };
}

/** Whoever forbids `*` means every variable. */
export function forbidsVariable({ names }: EnvironmentRule, variable: string): boolean {
  return names === 'any' || names.includes('*') || names.some((pattern) => covers(pattern, variable));
}

function covers(pattern: string, variable: string): boolean {
  if (pattern === '*') return !mustBeNamed(variable);
  return pattern.endsWith('*') ? variable.startsWith(pattern.slice(0, -1)) : pattern === variable;
}
