/** Workflow files as a release read them, and the plans that it made of them: what later releases of the same major version have to make of them, too. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from '../dsl/index.ts';
import { createPluginCatalogue } from '../runtime/manifest/index.ts';
import { type AbsolutePath, type Diagnostic, isJsonObject, type Json } from '../schemas/index.ts';

const builtIn = join(import.meta.dirname, '..', 'plugins') as AbsolutePath; // As Node says of the folder.

/** Where they lie: `NAME.yml` beside `NAME.plan.json`. */
export const frozenFolder: string = join(import.meta.dirname, 'language-v1');

/** Names of the workflow files. */
export function frozenWorkflows(): readonly string[] {
  return readdirSync(frozenFolder).filter((name) => name.endsWith('.yml'));
}

/** What this source makes of one, without what says which bytes it is of. */
export function planOf(file: string): { readonly plan: Json; readonly diagnostics: readonly Diagnostic[] } {
  const catalogue = createPluginCatalogue({ builtIn }).nodes(undefined);
  const read = (path: string): { readonly source: Buffer } => ({ source: readFileSync(join(frozenFolder, path)) });
  const { plan, diagnostics } = compile(read(file).source, { file, catalogue, readWorkflow: read });
  // A plan is JSON.
  return { plan: withoutBytes((plan ?? null) as unknown as Json), diagnostics };
}

/** The release's plan. */
export function keptPlanOf(file: string): Json {
  return JSON.parse(readFileSync(join(frozenFolder, `${file.slice(0, -'.yml'.length)}.plan.json`), 'utf8')) as Json; // What planOf gave.
}

/** A node's patch release has another digest and version, and its manifest may allow more: a plan holds the same all the same. */
const ofBytes: ReadonlySet<string> = new Set(['digest', 'source', 'version', 'description', 'reason']);

function withoutBytes(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutBytes);
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).filter(([key, member]) => !(ofBytes.has(key) && typeof member === 'string'));
  return Object.fromEntries(kept.map(([key, member]) => [key, withoutBytes(member)]));
}

/** Where `found` lacks something of `kept`, or has it differently, by its path. What is there in addition is fine. */
export function lossesIn(kept: Json, found: Json | undefined, path = ''): readonly string[] {
  if (Array.isArray(kept)) {
    if (!Array.isArray(found) || found.length !== kept.length) return [`${path}: ${JSON.stringify(found)}`];
    return kept.flatMap((item: Json, index) => lossesIn(item, found[index], `${path}/${index}`));
  }
  if (isJsonObject(kept)) {
    if (found === undefined || !isJsonObject(found)) return [`${path}: ${JSON.stringify(found)}`];
    return Object.entries(kept).flatMap(([key, member]) => lossesIn(member, found[key], `${path}/${key}`));
  }
  return Object.is(kept, found) ? [] : [`${path}: ${JSON.stringify(found)}, not ${JSON.stringify(kept)}`];
}
