import {
  checkExpression,
  type ExpressionScope,
  expressionsOf,
  knownContexts,
  parseTemplate,
} from '../../dsl/expressions/index.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import { type Json, parseSize, type Permissions, type WaterflowError } from '../../schemas/index.ts';
import manifestSchema from '../../schemas/manifest.schema.json' with { type: 'json' };
import { type DocumentKind, readSchemaDocument } from '../documents/schema-document.ts';
import type { DocumentPath, Problem, YamlDocument } from '../documents/yaml-document.ts';
import { checkLimits, checkPermissions } from '../grants/check-document.ts';
import { misdirectedSecret } from '../grants/entries.ts';
import { holdsExpression } from '../grants/substitute.ts';
import { mostMemoryBytes } from '../supervisor/confinement/memory-class.ts';
import { referencesIn } from '../sandbox-host/wasm/config.ts';
import { explainMisfit } from './explain.ts';
import { schemaHazard } from './input-schema.ts';
import { inputFields, type UnfitDefault, uncompilableField, unfitDefaults } from './values.ts';

const manifestDocument: DocumentKind<PluginManifest> = {
  code: 'PLUGIN_INVALID',
  schema: manifestSchema,
  explain: explainMisfit,
  check: ({ document, content }) => [
    ...checkRuntime(document, content),
    ...checkConfig(document, content),
    ...checkLimits(document, ['limits'], content.limits),
    ...checkMemory(document, content.limits?.memory),
    ...checkFields(document, content),
    ...checkRequests(document, content),
  ],
};

/** A manifest, and the line of each of its permission entries by name, `net[0]`. */
export interface ReadManifest {
  readonly manifest: PluginManifest;
  readonly entry_lines: ReadonlyMap<string, number>;
}

/** Text of a plugin.yaml -> manifest, or all that is wrong with it (PLUGIN_INVALID with line and column). */
export function readManifest(
  text: string,
  file: string,
): ReadManifest | { readonly errors: readonly WaterflowError[] } {
  const read = readSchemaDocument(text, file, manifestDocument);
  if ('errors' in read) return read;
  const { document, content } = read;
  const lines = Object.entries(content.permissions ?? {}).flatMap(([name, entries]) =>
    Array.from(
      entries.keys(),
      (index) => [`${name}[${index}]`, document.lineOf(['permissions', name, index])] as const,
    ),
  );
  return { manifest: content, entry_lines: new Map(lines) };
}

/** No sandbox has more, so that a step that got it could never begin. */
function checkMemory(document: YamlDocument, memory: string | undefined): readonly WaterflowError[] {
  if (memory === undefined || (parseSize(memory) ?? 0) <= mostMemoryBytes) return [];
  const most = `${mostMemoryBytes / 1024 ** 2}MiB`;
  const message = `\`${memory}\` is more memory than a sandbox can have`;
  const remedy = `Ask for at most ${most}, and keep large data in files of the workspace.`;
  return [document.error({ path: ['limits', 'memory'], part: 'value' }, { message, remedy })];
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
    wrong('runtime', '`main` is missing', "Add `main:` with the file that holds the plugin's code.");
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

/** `config` goes to a module as it is, but for inputs, which the sandbox host puts in. */
function checkConfig(document: YamlDocument, manifest: PluginManifest): readonly WaterflowError[] {
  const fields = inputFields(manifest);
  return Object.entries(manifest.config ?? {}).flatMap(([key, value]) => {
    const { inputs, hasOther } = referencesIn(value);
    const place = { path: ['config', key], part: 'value' } as const;
    const unknown = inputs.find((name) => !Object.hasOwn(fields, name));
    if (hasOther) {
      return document.error(place, {
        message: 'a setting takes no other expression than `${{ inputs.NAME }}`',
        remedy: 'Name an input, and let the workflow say what it is.',
      });
    }
    if (unknown === undefined) return [];
    return document.error(place, {
      message: `there is no input \`${unknown}\``,
      remedy: `Declare it under \`inputs\`.`,
    });
  });
}

function mainProblem(main: string, runtime: 'isolate' | 'wasm'): Problem | undefined {
  const inside =
    !main.startsWith('/') && !main.includes('\\') && main.split('/').every((name) => name !== '..' && name !== '');
  if (!inside)
    return {
      message: `\`${main}\` is no path in the plugin's folder`,
      remedy: 'Write it as `index.ts` or `src/index.ts`.',
    };
  if (/\.(?:ts|mts|js|mjs)$/.test(main)) return undefined;
  if (runtime === 'isolate')
    return {
      message: `\`${main}\` is neither TypeScript nor JavaScript`,
      remedy: 'Name a .ts, .mts, .js or .mjs file.',
    };
  return main.endsWith('.wasm')
    ? undefined
    : {
        message: `\`${main}\` is not a WebAssembly module`,
        remedy: 'Name the .wasm file, or the TypeScript that `waterflow plugin build` makes one of.',
      };
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
  if (failed === undefined) return unfitDefaults(manifest).map((unfit) => wrongDefault(document, unfit));
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

function wrongDefault(document: YamlDocument, { part, name, problem }: UnfitDefault): WaterflowError {
  return document.error(
    { path: [part, name, 'default', ...problem.path.slice(1)], part: problem.part },
    {
      message: `the default of ${part}.${name} doesn't fit what the field takes: ${problem.message}`,
      remedy: problem.remedy,
    },
  );
}

function checkRequests(document: YamlDocument, manifest: PluginManifest): readonly WaterflowError[] {
  // The document is JSON, and the schema leaves only lists of objects here.
  const permissions = (manifest.permissions ?? {}) as Permissions;
  const errors = [...checkPermissions(document, ['permissions'], permissions)];
  for (const [name, entries] of Object.entries(permissions)) {
    for (const [index, entry] of entries.entries()) {
      errors.push(...checkExpressions(document, entry, { path: ['permissions', name, index], manifest }));
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
    place: "a plugin's permissions",
    contexts: { inputs: { kind: 'object', properties } },
    functions: [],
    known: knownContexts,
  };
}
