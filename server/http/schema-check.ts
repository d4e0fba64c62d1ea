import { type ErrorObject, type SchemaObject, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { didYouMean } from '../../dsl/did-you-mean.ts';
import { isJsonList, isJsonObject, type Json, type WaterflowError } from '../../schemas/index.ts';
import type { Schema } from './route.ts';
import { remedyOf } from './schema-remedy.ts';

/** What doesn't fit, in words; nothing where the value fits. Fills in the schema's defaults, so the value must be one's own. */
export type SchemaCheck = (value: unknown) => readonly WaterflowError[];

/** Makes checks of schemas that refer to each other as the OpenAPI document's do. Each is compiled once, when it is first used. */
export interface SchemaChecks {
  /** `subject` is what people call the value: `the body`. */
  check(schema: Schema, subject: string): SchemaCheck;
}

/** The subject whose problems point into it. */
const theBody = 'the body';
/** Nobody reads more of them, and a large body may be wrong everywhere. */
const mostErrors = 20;
/** Of a larger value only the first problem is looked for: a list of all of them could be larger than the value. */
const everyProblemBytes = 64 * 1024;
/** The name under which the components are known to ajv. */
const documentId = 'waterflow:openapi';
const componentPrefix = '#/components/schemas/';

export function createSchemaChecks(components: Readonly<Record<string, Schema>>): SchemaChecks {
  const document = { $id: documentId, $defs: mapValues(components, withAbsoluteReferences) };
  const first = createAjv({ allErrors: false });
  const every = createAjv({ allErrors: true });
  for (const ajv of [first, every]) ajv.addSchema(document);
  return {
    check: (schema, subject) => {
      const absolute = withAbsoluteReferences(schema);
      const fits = once(() => first.compile(absolute));
      const misfits = once(() => every.compile(absolute));
      return (value) => {
        const validate = fits();
        if (validate(value)) return [];
        const errors = isSmall(value) ? problemsOf(misfits(), value) : (validate.errors ?? []);
        return withoutBranches(errors)
          .slice(0, mostErrors)
          .map((error) => describe(error, subject));
      };
    },
  };
}

function createAjv(options: { readonly allErrors: boolean }): Ajv2020 {
  const ajv = new Ajv2020({
    ...options,
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
    useDefaults: true,
    // `constructor` and its like are no properties of an object that doesn't have them.
    ownProperties: true,
    // Each error brings the schema that refused, for its remedy.
    verbose: true,
    // That ours are schemas is tested, with the document's meta-schema.
    validateSchema: false,
  });
  // The package is CommonJS; its default export is the function itself under `default`.
  addFormats.default(ajv);
  return ajv;
}

function problemsOf(validate: ValidateFunction, value: unknown): readonly ErrorObject[] {
  return validate(value) ? [] : (validate.errors ?? []);
}

function isSmall(value: unknown): boolean {
  // A value that isn't JSON has no text.
  return (JSON.stringify(value) ?? '').length <= everyProblemBytes;
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** A schema as ajv finds its way in it: components by the name of the schema that defines them all. */
function withAbsoluteReferences(schema: Schema): SchemaObject {
  // An object stays an object.
  return absolute(schema) as SchemaObject;
}

function absolute(value: Json): Json {
  if (isJsonList(value)) return value.map(absolute);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const isComponent = key === '$ref' && typeof member === 'string' && member.startsWith(componentPrefix);
      return [key, isComponent ? `${documentId}#/$defs/${member.slice(componentPrefix.length)}` : absolute(member)];
    }),
  );
}

function mapValues<From, To>(object: Readonly<Record<string, From>>, map: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}

/** Of a value that fits no alternative one error, instead of one for each branch; of a name that doesn't fit what is wrong with it. */
function withoutBranches(all: readonly ErrorObject[]): readonly ErrorObject[] {
  const errors = all.filter(({ keyword }) => keyword !== 'propertyNames');
  const alternatives = errors.filter(({ keyword }) => keyword === 'oneOf' || keyword === 'anyOf');
  return errors.filter(
    (error) =>
      !alternatives.some(
        (other) =>
          other !== error &&
          (error.schemaPath.startsWith(`${other.schemaPath}/`) ||
            // Behind a reference the schema's path begins anew; the value's doesn't.
            (error.schemaPath.startsWith(documentId) && `${error.instancePath}/`.startsWith(`${other.instancePath}/`))),
      ),
  );
}

function describe(error: ErrorObject, subject: string): WaterflowError {
  const path = pathOf(error);
  const { propertyName } = error;
  const object = path.length === 0 ? subject : `\`${path.join('.')}\``;
  const name = propertyName === undefined ? object : `the key \`${propertyName}\` of ${object}`;
  const params: Readonly<Record<string, unknown>> = error.params;
  const at = (...inside: readonly string[]): { readonly pointer?: string } =>
    subject === theBody && path.length + inside.length > 0 ? { pointer: pointerOf([...path, ...inside]) } : {};
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const key = String(params['additionalProperty'] ?? params['unevaluatedProperty']);
      const place = path.length === 0 ? '' : ` in ${object}`;
      const message = `unknown key \`${key}\`${place}`;
      return { code: 'UNKNOWN_KEY', message, remedy: knownKeys(key, error), ...at(key) };
    }
    case 'required': {
      const key = String(params['missingProperty']);
      const message = `\`${[...path, key].join('.')}\` is missing`;
      return { code: 'MISSING_KEY', message, remedy: `Add \`${key}\`.`, ...at(key) };
    }
    case 'type': {
      const types = [params['type']].flat().join(' or ');
      return { code: 'WRONG_TYPE', message: `${name} must be of type ${types}`, remedy: remedyOf(error), ...at() };
    }
    case 'enum': {
      const allowed = [params['allowedValues']].flat().map(String).join(', ');
      return { ...invalid(`${name} must be one of ${allowed}`, oneOfThese(error)), ...at() };
    }
    case 'oneOf':
    case 'anyOf':
      return { ...invalid(`${name} fits none of the forms that it may have`, remedyOf(error)), ...at() };
    default: {
      const inside = propertyName === undefined ? [] : [propertyName];
      return { ...invalid(`${name} ${error.message ?? 'does not fit'}`, remedyOf(error)), ...at(...inside) };
    }
  }
}

/** The keys that lead to a value that doesn't fit. */
function pathOf({ instancePath }: ErrorObject): readonly string[] {
  return instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function pointerOf(path: readonly string[]): string {
  return path.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function invalid(message: string, remedy: string): WaterflowError {
  return { code: 'INVALID_VALUE', message, remedy };
}

function knownKeys(key: string, error: ErrorObject): string {
  const properties: unknown = error.parentSchema?.['properties'];
  return nearest(key, typeof properties === 'object' && properties !== null ? Object.keys(properties) : []);
}

function oneOfThese({ data, params }: ErrorObject): string {
  const allowed: readonly unknown[] = [params['allowedValues']].flat();
  const texts = allowed.filter((value): value is string => typeof value === 'string');
  const guess = typeof data === 'string' ? didYouMean(data, texts) : undefined;
  return guess === undefined ? 'Use one of these.' : `Did you mean \`${guess}\`?`;
}

/** The remedy for a name that isn't known. */
export function nearest(name: string, known: readonly string[]): string {
  const guess = didYouMean(name, known);
  if (guess !== undefined) return `Did you mean \`${guess}\`?`;
  return known.length === 0 ? 'Leave it out: nothing is known here.' : `Known here: ${known.join(', ')}.`;
}
