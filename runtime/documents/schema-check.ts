import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { didYouMean } from '../../dsl/did-you-mean.ts';
import type { JsonObject } from '../../schemas/index.ts';
import type { DocumentPath, Problem } from './yaml-document.ts';

/** One thing that doesn't fit a schema, and where. */
export interface SchemaProblem extends Problem {
  readonly path: DocumentPath;
  readonly part: 'key' | 'value';
  readonly keyword: string;
  /** Of the keyword `type`: the types that it takes. */
  readonly expected?: readonly string[];
}

/** Of one value, errors beyond these are left out: nobody reads them, and there may be as many as a file has characters. */
const describedErrors = 200;

/** For our own schemas, draft 7; not for those that plugins bring. `every` problem at once, or the `first` one. */
const everyProblem = compilerOf({ allErrors: true });
const firstProblem = compilerOf({ allErrors: false });

/** What of `value`, a document of a person's, doesn't fit `schema`; compiled once per schema object. */
export function checkSchema(schema: JsonObject, value: unknown): readonly SchemaProblem[] {
  const validate = everyProblem(schema);
  return validate(value) ? [] : describeErrors(validate.errors ?? [], schema);
}

/**
 * The first thing of `value` that doesn't fit `schema`. For what a guest sends: megabytes may be wrong everywhere, and a list
 * of all that is would take more memory than the agent has.
 */
export function firstMisfit(schema: JsonObject, value: unknown): SchemaProblem | undefined {
  const validate = firstProblem(schema);
  return validate(value) ? undefined : describeErrors(validate.errors ?? [], schema)[0];
}

/**
 * That ours are schemas is tested: to check it, ajv would compile the schema of schemas in every process, which takes as long
 * as a trivial command.
 */
function compilerOf({ allErrors }: { readonly allErrors: boolean }): (schema: JsonObject) => ValidateFunction {
  const ajv = new Ajv({
    allErrors,
    strict: true,
    strictTypes: false,
    strictRequired: false,
    validateSchema: false,
    // Each error then brings the schema that refused: behind a reference, its path alone doesn't lead there.
    verbose: true,
  });
  // The package is CommonJS; its default export is the function itself under `default`.
  addFormats.default(ajv);
  const compiled = new WeakMap<JsonObject, ValidateFunction>();
  return (schema) => {
    const validate = compiled.get(schema) ?? ajv.compile(schema);
    compiled.set(schema, validate);
    return validate;
  };
}

/** ajv's errors in our words; of an alternative that fits nowhere one, instead of one for each branch. */
export function describeErrors(found: readonly ErrorObject[], schema: unknown): readonly SchemaProblem[] {
  const errors = found.slice(0, describedErrors);
  const alternatives = errors.filter(({ keyword }) => keyword === 'oneOf' || keyword === 'anyOf');
  const owners = new Map(
    errors.map((error) => [error, alternatives.find((other) => other !== error && isBranch(error, other))] as const),
  );
  return errors
    .filter((error) => owners.get(error) === undefined)
    .map((error) => {
      const branches = errors.filter((other) => owners.get(other) === error);
      const missing = branches.map(({ params }) => params['missingProperty']).filter((key) => typeof key === 'string');
      if (missing.length === 0 || missing.length < branches.length) return describe(error, schema);
      const keys = missing.map((key) => `\`${key}\``).join(' or ');
      return { ...describe(error, schema), message: `${keys} is missing`, remedy: `Add ${keys}.` };
    });
}

/** Whether an error is about a branch of that alternative; a branch that is a reference has a schema path of its own. */
function isBranch(error: ErrorObject, alternative: ErrorObject): boolean {
  if (error.schemaPath.startsWith(`${alternative.schemaPath}/`)) return true;
  const within = `${error.instancePath}/`.startsWith(`${alternative.instancePath}/`);
  return within && error.schemaPath.startsWith('#/definitions/') && alternative.instancePath !== '';
}

function describe(error: ErrorObject, schema: unknown): SchemaProblem {
  const path = pointerToPath(error.instancePath);
  const name = path.length === 0 ? 'it' : `\`${path.join('.')}\``;
  const at = (message: string, remedy: string): SchemaProblem => ({
    path,
    part: 'value',
    keyword: error.keyword,
    message,
    remedy,
  });
  const { params } = error;
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      const known = propertyNames(error.parentSchema ?? schemaAround(schema, error.schemaPath));
      const guess = didYouMean(key, known);
      return {
        path: [...path, key],
        part: 'key',
        keyword: error.keyword,
        message: `unknown key \`${key}\``,
        remedy: guess !== undefined ? `Did you mean \`${guess}\`?` : `Known here: ${known.join(', ') || 'nothing'}.`,
      };
    }
    case 'required': {
      const key = String(params['missingProperty']);
      return at(`${path.length === 0 ? '' : `${name}: `}\`${key}\` is missing`, `Add \`${key}:\`.`);
    }
    case 'type':
      return {
        ...at(`${name} must be of type ${[params['type']].flat().join(' or ')}`, 'Change the value.'),
        expected: [params['type']].flat().map(String),
      };
    case 'enum': {
      const allowed: unknown[] = params['allowedValues'];
      const guess = typeof error.data === 'string' ? didYouMean(error.data, allowed.map(String)) : undefined;
      return at(
        `${name} must be one of ${allowed.map(String).join(', ')}`,
        guess === undefined ? 'Use one of these.' : `Did you mean \`${guess}\`?`,
      );
    }
    case 'const':
      return at(`${name} must be ${JSON.stringify(params['allowedValue'])}`, 'Change the value.');
    case 'oneOf':
    case 'anyOf':
      return at(`${name} fits none of the forms that it may have`, 'See the reference for the forms.');
    case 'minimum':
    case 'maximum': {
      const bound = `at ${error.keyword === 'minimum' ? 'least' : 'most'} ${String(params['limit'])}`;
      return at(`${name} must be ${bound}`, `Write a number that is ${bound}.`);
    }
    case 'minItems':
    case 'minLength':
    case 'minProperties':
      return params['limit'] === 1
        ? at(`${name} is empty`, 'Write at least one thing there, or leave it out.')
        : at(`${name} ${error.message ?? 'is too short'}`, `Give it ${String(params['limit'])} or more.`);
    case 'pattern':
      return at(`${name} must match ${String(params['pattern'])}`, 'Change the value.');
    default:
      return at(`${name} ${error.message ?? 'does not fit'}`, 'Change the value.');
  }
}

/** The object schema with the keyword at ajv's `schemaPath`. */
function schemaAround(schema: unknown, schemaPath: string): unknown {
  let node: unknown = schema;
  for (const step of schemaPath.replace(/^#/, '').split('/').filter(Boolean).slice(0, -1)) {
    node = propertyOf(node, decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'));
  }
  return node;
}

function propertyNames(schema: unknown): readonly string[] {
  const properties = propertyOf(schema, 'properties');
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
}

function propertyOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined;
}

function pointerToPath(pointer: string): DocumentPath {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}
