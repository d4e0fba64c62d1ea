import type { ErrorObject } from 'ajv';
import { didYouMean } from '../../dsl/did-you-mean.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import { isJsonObject, type Json, type JsonObject, type WaterflowError } from '../../schemas/index.ts';
import type { SecretVault } from '../capabilities/capability.ts';
import { describeErrors, type SchemaProblem } from '../documents/schema-check.ts';
import { acceptsNull, type CompiledFields, compileFields, type Fields } from './input-schema.ts';

/** Keywords that speak of a text's form, which a placeholder doesn't have; its value will, or the receiver complains. */
const formKeywords: ReadonlySet<string> = new Set(['pattern', 'format', 'minLength', 'maxLength', 'enum', 'const']);

interface CompiledManifest {
  readonly inputs: CompiledFields;
  readonly outputs: CompiledFields;
}

/** A loaded plugin has one manifest object for its lifetime, so this is once per digest. */
const compiled = new WeakMap<PluginManifest, CompiledManifest>();

/** An Extism plugin that knows nothing of manifests has one input and one output. */
const extismInputs: Fields = {
  input: { type: 'string', description: 'The bytes that go in, as text.' },
  input_base64: {
    type: 'string',
    pattern: '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$',
    description: 'The bytes that go in, in base64, where they are no text.',
  },
};
const extismOutputs: Fields = {
  output: { type: 'string', description: 'What came out, as text.' },
  output_base64: { type: 'string', description: 'What came out, as base64, where it is no text.' },
};

/** The inputs that the node takes. */
export function inputFields(manifest: PluginManifest): Fields {
  return manifest.abi === 'extism' ? { ...extismInputs, ...manifest.inputs } : (manifest.inputs ?? {});
}

/** The outputs that the node gives. */
export function outputFields(manifest: PluginManifest): Fields {
  return manifest.abi === 'extism' ? { ...extismOutputs, ...manifest.outputs } : (manifest.outputs ?? {});
}

/**
 * Checks what a step gives to a plugin and fills in defaults. An input that is null counts as not given, unless null is a
 * value of it. A text with a placeholder in it passes wherever a text does. Error: INVALID_INPUT.
 */
export function checkInputs(
  manifest: PluginManifest,
  inputs: JsonObject,
  secrets: Pick<SecretVault, 'mentioned'>,
): { readonly inputs: JsonObject } | { readonly error: WaterflowError } {
  const fields = inputFields(manifest);
  const given = Object.fromEntries(
    Object.entries(copyJson(inputs)).filter(([name, value]) => {
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
      return value !== null || field === undefined || acceptsNull(field);
    }),
  );
  const { schema, check } = compiledFor(manifest).inputs;
  const errors = failuresOf(check, given).filter(
    (error) => !(formKeywords.has(error.keyword) && isPlaceholder(given, error, secrets)),
  );
  if (errors.length === 0) return { inputs: given };
  const described = describeErrors(errors, schema);
  // A misspelt input is also one that is missing: its name says more.
  const unknown = described.find(({ part, path }) => part === 'key' && path.length === 1);
  const first = unknown ?? described[0];
  return {
    error: {
      code: 'INVALID_INPUT',
      message:
        unknown !== undefined
          ? `${manifest.name} has no input \`${unknown.path[0]}\``
          : `inputs of ${manifest.name}: ${first?.message ?? 'they do not fit'}`,
      remedy: first?.remedy ?? "Compare `with:` to the plugin's inputs.",
    },
  };
}

/** Checks what a guest gave back. Error: INVALID_OUTPUT. Sizes are the supervisor's business. */
export function checkOutputs(
  manifest: PluginManifest,
  outputs: Json | undefined,
): { readonly outputs: JsonObject } | { readonly error: WaterflowError } {
  const given = outputs ?? {};
  const invalid = (message: string): { readonly error: WaterflowError } => ({
    error: {
      code: 'INVALID_OUTPUT',
      message: `outputs of ${manifest.name}: ${message}`,
      remedy: 'This is a mistake of the plugin: it must return what its manifest declares.',
    },
  });
  if (!isJsonObject(given)) return invalid('the plugin must return an object');
  const { schema, check } = compiledFor(manifest).outputs;
  // A copy, since defaults are filled in.
  const copy = copyJson(given);
  const errors = failuresOf(check, copy);
  if (errors.length === 0) return { outputs: copy };
  return invalid(describeErrors(errors, schema)[0]?.message ?? 'they do not fit');
}

/** All that isn't as the manifest declares the outputs, by paths from them on. */
export function outputProblems(manifest: PluginManifest, outputs: JsonObject): readonly SchemaProblem[] {
  const { schema, check } = compiledFor(manifest).outputs;
  // A copy, since defaults are filled in.
  return describeErrors(failuresOf(check, copyJson(outputs)), schema);
}

/** A default that its own field doesn't take. */
export interface UnfitDefault {
  readonly part: 'inputs' | 'outputs';
  readonly name: string;
  readonly problem: SchemaProblem;
}

/** Defaults that their own fields don't take: whoever leaves the field out would be told that it is wrong. */
export function unfitDefaults(manifest: PluginManifest): readonly UnfitDefault[] {
  return (['inputs', 'outputs'] as const).flatMap((part) => {
    const { schema, check } = compiledFor(manifest)[part];
    // All of them are filled in, and nothing else is there.
    const filled: JsonObject = {};
    const errors = failuresOf(check, filled).map((error) => ({ ...error, data: filled[error.instancePath.slice(1)] }));
    return describeErrors(errors, schema).flatMap((problem): readonly UnfitDefault[] => {
      const [name] = problem.path;
      return name === undefined ? [] : [{ part, name: String(name), problem }];
    });
  });
}

/** The first field whose schema isn't one, and why. */
export function uncompilableField(
  manifest: PluginManifest,
): { readonly part: 'inputs' | 'outputs'; readonly name: string; readonly problem: string } | undefined {
  try {
    // Together they take a fraction of the time; which one it is matters only where one is wrong.
    compiledFor(manifest);
    return undefined;
  } catch (cause) {
    const found = firstUncompilable(manifest);
    if (found === undefined) throw cause;
    return found;
  }
}

function firstUncompilable(manifest: PluginManifest): ReturnType<typeof uncompilableField> {
  for (const part of ['inputs', 'outputs'] as const) {
    for (const [name, field] of Object.entries(manifest[part] ?? {})) {
      try {
        compileFields({ [name]: field }, { open: false });
      } catch (cause) {
        const problem = cause instanceof Error ? cause.message : String(cause);
        return { part, name, problem: cutText(field) ?? unknownType(field) ?? problem };
      }
    }
  }
  return undefined;
}

/** YAML reads `{ description: one, two }` as two keys, the second without a value, which no keyword of a schema is. */
function cutText(field: object): string | undefined {
  const rest = Object.entries(field).find(([key, value]) => value === null && key !== 'default' && key !== 'const');
  if (rest === undefined) return undefined;
  return `\`${rest[0]}\` is read as a key of its own: between braces, a text that holds a comma must be quoted`;
}

/** JSON Schema, draft 7: core, 4.2.1, and the validation of `type`. */
const types = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'];

/** What holds values, and no schemas. */
const values: ReadonlySet<string> = new Set(['default', 'const', 'enum', 'examples']);

/** A `type` that is none, in the field or in a schema within it. */
function unknownType(field: object): string | undefined {
  for (const [key, value] of Object.entries(field)) {
    if (key === 'type' && (typeof value === 'string' || Array.isArray(value))) {
      const wrong = [value].flat().find((type) => typeof type !== 'string' || !types.includes(type));
      if (wrong === undefined) continue;
      const guess = didYouMean(String(wrong), types);
      return `${JSON.stringify(wrong)} is no type; ${guess === undefined ? `there are ${types.join(', ')}` : `did you mean \`${guess}\`?`}`;
    }
    if (typeof value !== 'object' || value === null || values.has(key)) continue;
    const within = unknownType(value);
    if (within !== undefined) return within;
  }
  return undefined;
}

function compiledFor(manifest: PluginManifest): CompiledManifest {
  let found = compiled.get(manifest);
  if (found === undefined) {
    found = {
      inputs: compileFields(inputFields(manifest), { open: false }),
      outputs: compileFields(outputFields(manifest), { open: manifest['dynamic-outputs'] === true }),
    };
    compiled.set(manifest, found);
  }
  return found;
}

function failuresOf(check: CompiledFields['check'], value: unknown): readonly ErrorObject[] {
  const errors = check(value);
  if (errors !== undefined) return errors;
  const message = "could not be checked: the plugin's schema took too long over it";
  return [{ keyword: 'deadline', instancePath: '', schemaPath: '#', params: {}, message }];
}

function isPlaceholder(inputs: JsonObject, error: ErrorObject, secrets: Pick<SecretVault, 'mentioned'>): boolean {
  let value: Json | undefined = inputs;
  for (const step of error.instancePath.split('/').slice(1)) {
    if (typeof value !== 'object' || value === null) return false;
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    // Own properties only; what ajv names by a pointer is JSON.
    value = Object.getOwnPropertyDescriptor(value, key)?.value as Json | undefined;
  }
  return typeof value === 'string' && secrets.mentioned(value).length > 0;
}

/** Below it a stack is no matter; nobody writes deeper values by hand. */
const recursionDepth = 200;

/** A copy whose objects and lists are its own. Texts are shared, where structuredClone() copies them: 2 ms for a mebibyte. */
function copyJson<Value extends Json>(value: Value, depth = 0): Value {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > recursionDepth) return structuredClone(value);
  const copy = Array.isArray(value)
    ? value.map((item: Json) => copyJson(item, depth + 1))
    : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyJson(item, depth + 1)]));
  // Of the same shape.
  return copy as unknown as Value;
}
