import { evaluateTemplate, referencesOf } from '../../dsl/expressions/index.ts';
import {
  type EvaluationResult,
  type EvaluationTask,
  isJsonObject,
  type Json,
  type JsonObject,
  type Template,
  type WaterflowError,
  WaterflowFailure,
} from '../../schemas/index.ts';
import { settleHashes } from './settle-hashes.ts';

/** What the agent adds to the contexts of an evaluation. */
export interface EvaluationPowers {
  /** The placeholder of a secret, or undefined where the run has none of that name (names ignore case). */
  readonly placeholder: (name: string) => string | undefined;
  /** Every name for which there is a placeholder. */
  readonly secretNames: readonly string[];
  readonly hashFiles: (patterns: readonly string[]) => Promise<string>;
  /** What the status functions say, where the template may call them. */
  readonly status?: EvaluationTask['status'] | undefined;
}

/** `read` is each context value that was read, but for secrets. */
export type Evaluated = EvaluationResult;

/**
 * Evaluates a template on the agent. A secret that the run wasn't given is SECRET_MISSING, unless the template only tests
 * whether it is set, or puts something else in its place.
 */
export async function evaluateOnAgent(
  template: Template,
  contexts: JsonObject,
  powers: EvaluationPowers,
): Promise<Evaluated> {
  if (template.kind === 'literal') {
    return { ok: template.value, read: [] };
  }
  const { secrets, missing } = secretsFor(template, powers);
  const evaluated = await evaluateWithFiles(template, { ...contexts, secrets }, powers);
  if ('error' in evaluated || missing.length === 0) {
    return evaluated;
  }
  return (await findMissing({ template, contexts, powers, secrets, missing }, evaluated.ok)) ?? evaluated;
}

/** The part of `secrets` that the template reads; all of it where it computes a name. */
function secretsFor(
  template: Template,
  powers: EvaluationPowers,
): { readonly secrets: JsonObject; readonly missing: readonly string[] } {
  const paths = referencesOf(template).filter(([context]) => context === 'secrets');
  const named = paths.flatMap(([, name]) => name ?? []);
  const wanted = new Set(paths.some((path) => path.length === 1) ? [...named, ...powers.secretNames] : named);
  const found = [...wanted].map((name) => [name, powers.placeholder(name)] as const);
  return {
    secrets: Object.fromEntries(found.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    missing: found.flatMap(([name, value]) => (value === undefined ? [name] : [])),
  };
}

async function evaluateWithFiles(
  template: Template,
  contexts: JsonObject,
  powers: EvaluationPowers,
): Promise<Evaluated> {
  const { status } = powers;
  try {
    return await settleHashes(
      (hashFiles) => evaluateTemplate(template, { contexts, hashFiles, ...(status === undefined ? {} : { status }) }),
      powers.hashFiles,
    );
  } catch (error) {
    return { error: failureOf(error) };
  }
}

interface MissingSearch {
  readonly template: Template;
  readonly contexts: JsonObject;
  readonly powers: EvaluationPowers;
  readonly secrets: JsonObject;
  readonly missing: readonly string[];
}

/**
 * Looks where a missing secret goes, by what two things in its place do: a text that occurs nowhere else shows up in each
 * value that the secret goes into, and `false` does in those that have nothing to fall back to (`secrets.X || ''` has).
 */
async function findMissing(search: MissingSearch, without: Json): Promise<Evaluated | undefined> {
  const { template, contexts, powers, secrets, missing } = search;
  for (const name of missing) {
    // Private-use characters: no file and no value holds this by chance.
    const trace = `\uE0F0${name}\uE0F1`;
    const inPlace = (value: Json) =>
      evaluateWithFiles(template, { ...contexts, secrets: { ...secrets, [name]: value } }, powers);
    const traced = await inPlace(trace);
    const refused = await inPlace(false);
    const isNeeded =
      !('error' in traced) && ('error' in refused || needs(traced.ok, { without, refused: refused.ok, trace }));
    if (isNeeded) {
      return {
        error: {
          code: 'SECRET_MISSING',
          message: `the secret ${name} was not given to this run`,
          remedy: `Give it to the run (\`--secret ${name}\`, over REST in \`secrets\`), or write \${{ secrets.${name} || '' }} where it may be missing.`,
        },
      };
    }
  }
  return undefined;
}

interface Comparison {
  readonly without: Json | undefined;
  readonly refused: Json | undefined;
  readonly trace: string;
}

function needs(traced: Json, { without, refused, trace }: Comparison): boolean {
  if (typeof traced === 'string') {
    return traced.includes(trace) && JSON.stringify(refused) !== JSON.stringify(without);
  }
  const at = (key: string | number): Comparison => ({
    without: partOf(without, key),
    refused: partOf(refused, key),
    trace,
  });
  if (Array.isArray(traced)) {
    return traced.some((item: Json, index) => needs(item, at(index)));
  }
  return isJsonObject(traced) && Object.entries(traced).some(([key, item]) => needs(item, at(key)));
}

function partOf(value: Json | undefined, key: string | number): Json | undefined {
  if (Array.isArray(value)) {
    // A list of JSON values; the type of the check leaves the items open.
    return typeof key === 'number' ? (value[key] as Json | undefined) : undefined;
  }
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function failureOf(error: unknown): WaterflowError {
  if (error instanceof WaterflowFailure) {
    return error.error;
  }
  return {
    code: 'EVALUATION_FAILED',
    message: `hashFiles: ${error instanceof Error ? error.message : String(error)}`,
    remedy: 'Check that the files can be read.',
  };
}
