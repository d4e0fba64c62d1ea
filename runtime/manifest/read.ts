import {
  checkExpression,
  expressionsOf,
  knownContexts,
  parseTemplate,
  type ExpressionScope,
} from '../../dsl/expressions/index.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import manifestSchema from '../../schemas/manifest.schema.json' with { type: 'json' };
import { type Json, type JsonObject, parseDuration, parseSize, type WaterflowError } from '../../schemas/index.ts';
import { capabilities } from '../capabilities/table.ts';
import { checkSchema } from '../documents/schema-check.ts';
import {
  type DocumentPath,
  inFileOrder,
  type Problem,
  readYamlDocument,
  type YamlDocument,
} from '../documents/yaml-document.ts';
import { checkEntry, misdirectedSecret } from '../grants/entries.ts';
import { holdsExpression } from '../grants/substitute.ts';
import { capabilityProblem } from '../policy/read.ts';
import { schemaHazard } from './input-schema.ts';
import { inputFields, uncompilableField } from './values.ts';

/** Text of a plugin.yaml -> manifest, or all that is wrong with it (PLUGIN_INVALID with line and column). */
export function readManifest(
  text: string,
  file: string,
): { readonly manifest: PluginManifest } | { readonly errors: readonly WaterflowError[] } {
  const read = readYamlDocument(text, { file, code: 'PLUGIN_INVALID' });
  if ('errors' in read) return read;
  const { document } = read;
  const misfits = checkSchema(manifestSchema, document.value);
  if (misfits.length > 0) {
    return { errors: inFileOrder(misfits.map((misfit) => document.error(misfit, misfit))) };
  }
  // The schema, from which PluginManifest is made, fits.
  const manifest = document.value as unknown as PluginManifest;
  const errors = [
    ...checkRuntime(document, manifest),
    ...checkLimits(document, manifest),
    ...checkFields(document, manifest),
    ...checkPermissions(document, manifest),
  ];
  return errors.length > 0 ? { errors: inFileOrder(errors) } : { manifest };
}

function checkRuntime(document: YamlDocument, manifest: PluginManifest): readonly WaterflowError[] {
  const errors: WaterflowError[] = [];
  const wrong = (key: string, message: string, remedy: string): void => {
    errors.push(document.error({ path: [key], part: 'key' }, { message, remedy }));
  };
  const { runtime } = manifest;
  if (runtime === 'control') {
    for (const key of ['main', 'permissions'] as const) {
      if (manifest[key] !== undefined) wrong(key, `a control node has no \`${key}\``, 'Remove it.');
    }
  } else if (manifest.main === undefined) {
    wrong('runtime', '`main` is missing', 'Add `main:` with the file that holds the plugin’s code.');
  } else {
    const problem = mainProblem(manifest.main, runtime);
    if (problem !== undefined) wrong('main', problem.message, problem.remedy);
  }
  if (runtime !== 'wasm') {
    for (const key of ['abi', 'entry', 'config'] as const) {
      if (manifest[key] !== undefined) wrong(key, `\`${key}\` is for runtime wasm only`, 'Remove it.');
    }
  } else if (manifest.abi !== 'extism') {
    for (const key of ['entry', 'config'] as const) {
      if (manifest[key] !== undefined)
        wrong(key, `\`${key}\` is for abi extism only`, 'Remove it, or set `abi: extism`.');
    }
  }
  return errors;
}

function mainProblem(main: string, runtime: 'isolate' | 'wasm'): Problem | undefined {
  const inside =
    !main.startsWith('/') && !main.includes('\\') && main.split('/').every((name) => name !== '..' && name !== '');
  if (!inside)
    return {
      message: `\`${main}\` is no path in the plugin’s folder`,
      remedy: 'Write it as `index.ts` or `src/index.ts`.',
    };
  if (runtime === 'isolate') {
    return /\.(?:ts|mts|js|mjs)$/.test(main)
      ? undefined
      : { message: `\`${main}\` is neither TypeScript nor JavaScript`, remedy: 'Name a .ts, .mts, .js or .mjs file.' };
  }
  return main.endsWith('.wasm')
    ? undefined
    : { message: `\`${main}\` is not a WebAssembly module`, remedy: 'Build the plugin and name the .wasm file.' };
}

function checkLimits(document: YamlDocument, manifest: PluginManifest): readonly WaterflowError[] {
  const errors: WaterflowError[] = [];
  const { timeout, memory } = manifest.limits ?? {};
  if (timeout !== undefined && !(Number(parseDuration(timeout)) > 0)) {
    errors.push(
      document.error(
        { path: ['limits', 'timeout'], part: 'value' },
        { message: `\`${timeout}\` is no duration`, remedy: 'Write one as 60s, 1h30m or PT5M.' },
      ),
    );
  }
  if (memory !== undefined && !(Number(parseSize(memory)) > 0)) {
    errors.push(
      document.error(
        { path: ['limits', 'memory'], part: 'value' },
        { message: `\`${memory}\` is no size`, remedy: 'Write one as 64MiB.' },
      ),
    );
  }
  return errors;
}

function checkFields(document: YamlDocument, manifest: PluginManifest): readonly WaterflowError[] {
  for (const part of ['inputs', 'outputs'] as const) {
    const hazard = schemaHazard(manifest[part] ?? {});
    if (hazard !== undefined) {
      return [
        document.error(
          { path: [part], part: 'key' },
          { message: `${part}: ${hazard}`, remedy: 'Write a plain JSON Schema.' },
        ),
      ];
    }
  }
  const failed = uncompilableField(manifest);
  if (failed === undefined) return [];
  const { part, name, problem } = failed;
  return [
    document.error(
      { path: [part, name], part: 'key' },
      {
        message: `${part}.${name}: ${problem}`,
        remedy:
          'Each field is a JSON Schema (draft 7), with `required: true` beside it. Quote texts that hold `,` or `:`.',
      },
    ),
  ];
}

function checkPermissions(document: YamlDocument, manifest: PluginManifest): readonly WaterflowError[] {
  const errors: WaterflowError[] = [];
  // The schema leaves only objects of arrays of objects here, all JSON.
  const permissions = (manifest.permissions ?? {}) as Readonly<Record<string, readonly JsonObject[]>>;
  for (const [name, entries] of Object.entries(permissions)) {
    const problem = capabilityProblem(name);
    if (problem !== undefined) errors.push(document.error({ path: ['permissions', name], part: 'key' }, problem));
    const capability = capabilities.get(name);
    if (problem !== undefined || capability === undefined) continue;
    for (const [index, entry] of entries.entries()) {
      const path: DocumentPath = ['permissions', name, index];
      for (const misfit of checkEntry(capability, entry)) {
        const at = { path: [...path, ...misfit.path], part: misfit.part };
        errors.push(document.error(at, { message: `${name}[${index}]: ${misfit.message}`, remedy: misfit.remedy }));
      }
      errors.push(...checkExpressions(document, entry, { path, manifest }));
    }
  }
  const misdirected = misdirectedSecret(permissions);
  if (misdirected !== undefined) {
    const { capability, index, name } = misdirected;
    errors.push(
      document.error(
        { path: ['permissions', capability, index, 'secrets'], part: 'value' },
        {
          message: `\`secrets\` keeps \`${name}\` from ${capability}`,
          remedy: 'Add the capability to `to`, or leave the secret out here.',
        },
      ),
    );
  }
  return errors;
}

/** Expressions may read the plugin's inputs, and these must be declared. */
function checkExpressions(
  document: YamlDocument,
  value: Json,
  place: { readonly path: DocumentPath; readonly manifest: PluginManifest },
): readonly WaterflowError[] {
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, item]) =>
      checkExpressions(document, item, { ...place, path: [...place.path, key] }),
    );
  }
  if (typeof value !== 'string' || !holdsExpression(value)) return [];
  const { template, diagnostics } = parseTemplate(value, (offset) => ({
    file: document.file,
    line: 1,
    column: offset + 1,
  }));
  const found = [
    ...diagnostics,
    ...expressionsOf(template).flatMap(
      (expression) => checkExpression(expression, scopeOf(place.manifest)).diagnostics,
    ),
  ];
  return found.map(({ message, remedy }) => document.error({ path: place.path, part: 'value' }, { message, remedy }));
}

function scopeOf(manifest: PluginManifest): ExpressionScope {
  const properties = Object.fromEntries(
    Object.keys(inputFields(manifest)).map((name) => [name, { kind: 'any' } as const]),
  );
  return {
    place: 'a plugin’s permissions',
    contexts: { inputs: { kind: 'object', properties } },
    functions: [],
    known: knownContexts,
  };
}
