import { createContext, Script } from 'node:vm';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { Field } from '../../schemas/generated/manifest.ts';
import type { Json, JsonObject } from '../../schemas/index.ts';

/** Inputs or outputs as the manifest declares them. */
export type Fields = Readonly<Record<string, Field>>;

/** What a plugin's own schema may weigh; it comes from untrusted hands and is compiled in the agent. */
const maxSchemaCharacters = 32 * 1024;
const maxSchemaDepth = 24;
/** What one check may take; an honest one takes microseconds, and everybody else waits for it. */
const checkBudgetMs = 100;

/** Fields under which any name is a value, not a keyword. */
const valueKeywords: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples']);

/**
 * What is wrong with a plugin's schemas before ajv sees them. ajv takes schemas for trusted code: `$ref` could point out of
 * the manifest, `$async` would make a check that always passes.
 */
export function schemaHazard(fields: Fields): string | undefined {
  if (JSON.stringify(fields).length > maxSchemaCharacters)
    return `the schemas are longer than ${maxSchemaCharacters} characters`;
  // Parsed from YAML, so JSON.
  return hazardIn(fields as JsonObject, 0);
}

/** Compiles the fields into one check of an object. Throws Error with ajv's words for a schema that isn't one. */
export function compileFields(fields: Fields, options: { readonly open: boolean }): CompiledFields {
  const schema: JsonObject = {
    type: 'object',
    additionalProperties: options.open,
    // As above: JSON.
    properties: Object.fromEntries(
      Object.entries(fields).map(([name, field]) => [name, withoutRequired(field as JsonObject)]),
    ),
    required: Object.keys(fields).filter((name) => fields[name]?.required === true),
  };
  compiler ??= createCompiler();
  try {
    return { schema, check: checkOf(compiler.compile(schema), schema) };
  } finally {
    // It would keep every schema that it has seen. None can refer to another: `$id` and `$ref` are hazards.
    compiler.removeSchema(schema);
  }
}

/** One for all plugins: ajv first compiles the schema of schemas, which takes longer than everything after it. */
let compiler: Ajv | undefined;

function createCompiler(): Ajv {
  const ajv = new Ajv({
    allErrors: true,
    useDefaults: true,
    strict: true,
    strictTypes: false,
    strictRequired: false,
    strictTuples: false,
  });
  addFormats.default(ajv);
  return ajv;
}

/** A check, and the schema that it was made of. */
export interface CompiledFields {
  readonly schema: JsonObject;
  /** The errors of a value, to which it adds defaults: give it a copy. Undefined where it took too long. */
  readonly check: (value: unknown) => readonly ErrorObject[] | undefined;
}

/** Keywords by which a short schema may take long over a short value. */
const patternKeywords = /"(?:pattern|patternProperties|format)":/;
/** Characters of the schema times the weight of the value, up to which each rule for each item takes a few milliseconds. */
const smallWork = 1_000_000;
/** A text is looked at as a whole, and its length counted: as fast for so many characters as a rule for one item is. */
const charactersPerItem = 256;

function checkOf(validate: ValidateFunction, schema: JsonObject): CompiledFields['check'] {
  const text = JSON.stringify(schema);
  const hasPatterns = patternKeywords.test(text);
  return (value) => {
    // Watching over a check takes 0.2 ms, longer than most checks.
    const isSmall = !hasPatterns && text.length * weightOf(value) <= smallWork;
    const fits = isSmall ? validate(value) : withinBudget(() => validate(value));
    return fits === undefined ? undefined : (validate.errors ?? []);
  };
}

/** Items, keys and punctuation count as in JSON, texts by their length. */
function weightOf(value: unknown): number {
  let weight = 0;
  const waiting = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    weight += typeof next === 'string' ? 8 + next.length / charactersPerItem : 8;
    if (typeof next !== 'object' || next === null) continue;
    for (const [key, item] of Object.entries(next)) {
      weight += key.length;
      waiting.push(item);
    }
    // As good as too much.
    if (weight > smallWork) return weight;
  }
  return weight;
}

/** Whether null is a value of the field, rather than "not given". */
export function acceptsNull(field: Field): boolean {
  const { type } = field;
  if (type !== undefined) return [type].flat().includes('null');
  if (Array.isArray(field['enum'])) return field['enum'].includes(null);
  return true;
}

function withoutRequired(field: JsonObject): JsonObject {
  // Draft 7's own `required` is a list; the manifest's is a truth value beside the schema.
  return Object.fromEntries(Object.entries(field).filter(([key, value]) => key !== 'required' || Array.isArray(value)));
}

function hazardIn(value: Json, depth: number): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > maxSchemaDepth) return `a schema is nested more than ${maxSchemaDepth} levels deep`;
  for (const [key, item] of Object.entries(value)) {
    if (key.startsWith('$')) return `\`${key}\` is not supported in a plugin's schemas`;
    if (!Array.isArray(value) && valueKeywords.has(key)) continue;
    const hazard = hazardIn(item, depth + 1);
    if (hazard !== undefined) return hazard;
  }
  return undefined;
}

/**
 * Runs a check of a value; undefined where it took too long. Neither the schema nor the value can be trusted: a regular
 * expression may backtrack without end, `uniqueItems` compares each with each, and an error for each of many items by each
 * of many rules takes more memory than there is. V8 ends it from outside, wherever it is.
 */
function withinBudget<Result>(check: () => Result): Result | undefined {
  checkContext['check'] = check;
  const begun = process.threadCpuUsage();
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        // What check() gives; a script's result has no type.
        return checkScript.runInContext(checkContext, { timeout: checkBudgetMs }) as Result;
      } catch (cause) {
        if (!isTimeout(cause)) throw cause;
        // V8 goes by the clock on the wall: on a busy machine that time may have been everybody else's.
        const { user, system } = process.threadCpuUsage(begun);
        if ((user + system) / 1000 >= checkBudgetMs / 2 || attempt === mostAttempts) return undefined;
      }
    }
  } finally {
    checkContext['check'] = undefined;
  }
}

/** Of a check that didn't get to run: together two seconds. */
const mostAttempts = 20;

const checkContext = createContext(Object.create(null));
const checkScript = new Script('check()');

/** The error is of the other context's realm, so it is no instance of this one's Error. */
function isTimeout(cause: unknown): boolean {
  return (
    typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}
