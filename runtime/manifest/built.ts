import { createHash } from 'node:crypto';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import { isJsonObject, parseSize, WaterflowFailure } from '../../schemas/index.ts';
import { type PluginFile, pluginInvalid } from './folder.ts';

/** Where `waterflow plugin build` says what it made, of which files. */
export const buildRecordFile = 'dist/build.json';
/** What it makes of sources in TypeScript or JavaScript; of those in other languages it makes the manifest's `main` itself. */
export const builtFiles = { isolate: 'dist/plugin.js', wasm: 'dist/plugin.wasm' } as const;

/** A build, as its record says. Deterministic: no time, no machine. */
export interface BuildRecord {
  readonly version: 1;
  readonly target: 'isolate' | 'wasm';
  /** The manifest's `main` that was built. */
  readonly main: string;
  /** What a module was bounded to, by the manifest's `limits.memory`. */
  readonly memory_bytes?: number;
  /** SHA-256, lower-case hex, of the file that was made. */
  readonly sha256: string;
  /** The author's own files that went into it, by path, each with its SHA-256. */
  readonly sources: Readonly<Record<string, string>>;
}

/** What a manifest wants of a build. */
export interface WantedBuild extends Pick<PluginManifest, 'limits'> {
  readonly runtime: 'isolate' | 'wasm';
  readonly main: string;
}

/** What a manifest that says nothing of memory gets. */
const usualMemoryBytes = 64 * 1024 ** 2;

/** The memory of a module that is built for a manifest. */
export function moduleMemoryBytes({ limits }: Pick<PluginManifest, 'limits'>): number {
  return parseSize(limits?.memory ?? '') ?? usualMemoryBytes;
}

/** A manifest's `main` as its file is called in the folder: without `./`. */
export function pathOfMain(main: string): string {
  return main
    .split('/')
    .filter((name) => name !== '.')
    .join('/');
}

/** SHA-256 as a record has it. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * What was built of `main` for a runtime; undefined where there is no record of a build, or where it is of another `main` or runtime. A build
 * that is damaged, or that was made of files other than those that lie beside it now, is PLUGIN_INVALID: nobody could tell what runs.
 * `sources`: what a build would be made of now, where that is known; one that the record doesn't have is a change as well.
 */
export function findBuilt(
  files: readonly PluginFile[],
  wanted: WantedBuild,
  sources: readonly string[] = [],
): PluginFile | undefined {
  const record = readBuildRecord(files);
  if (record === undefined || !isOf(record, wanted)) return undefined;
  const output = outputOf(record);
  const built = files.find(({ path }) => path === output);
  if (built === undefined) throw outdated(buildRecordFile, `${output} is missing`);
  if (sha256Of(built.bytes) !== record.sha256) throw exchanged(output);
  const [first, ...others] = changesSince(record, files, { wanted, sources });
  if (first === undefined) return built;
  const more = others.length === 0 ? '' : `; also ${listed(others)}`;
  throw outdated(first.path, `${first.what} since ${output} was built${more}`);
}

/**
 * The files of a folder that `plugin build` wrote and that aren't what runs: those of a build for another runtime or of another `main`, by what
 * the manifest wants. Throws PLUGIN_INVALID for a record that is none.
 */
export function unusedBuild(files: readonly PluginFile[], wanted: WantedBuild): readonly string[] {
  const record = readBuildRecord(files);
  if (record === undefined) return [];
  const used = isOf(record, wanted) ? [buildRecordFile, outputOf(record)] : [];
  const written = new Set<string>([buildRecordFile, outputOf(record), ...Object.values(builtFiles)]);
  const unused = written.difference(new Set([...used, pathOfMain(wanted.main)]));
  return files.map(({ path }) => path).filter((path) => unused.has(path));
}

/** The record of a build; undefined where there is none. Throws PLUGIN_INVALID for one that can't be read. */
function readBuildRecord(files: readonly PluginFile[]): BuildRecord | undefined {
  const file = files.find(({ path }) => path === buildRecordFile);
  return file === undefined ? undefined : parseRecord(file);
}

function isOf({ target, main }: BuildRecord, wanted: WantedBuild): boolean {
  return target === wanted.runtime && main === pathOfMain(wanted.main);
}

/** The file that a build made. */
export function outputOf({ target, main }: Pick<BuildRecord, 'target' | 'main'>): string {
  return target === 'wasm' && main.endsWith('.wasm') ? main : builtFiles[target];
}

interface Change {
  readonly path: string;
  /** As a predicate: `it has changed`. */
  readonly what: string;
}

function changesSince(
  record: BuildRecord,
  files: readonly PluginFile[],
  { wanted, sources }: { readonly wanted: WantedBuild; readonly sources: readonly string[] },
): readonly Change[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const known = Object.entries(record.sources).flatMap(([path, sha256]) => {
    const source = byPath.get(path);
    if (source === undefined) return [{ path, what: 'it is gone' }];
    return sha256Of(source.bytes) === sha256 ? [] : [{ path, what: 'it has changed' }];
  });
  const added = sources.filter((path) => !Object.hasOwn(record.sources, path));
  const isBounded = record.memory_bytes === undefined || record.memory_bytes === moduleMemoryBytes(wanted);
  return [
    ...known,
    ...added.map((path) => ({ path, what: 'it is new' })),
    ...(isBounded ? [] : [{ path: 'plugin.yaml', what: '`limits.memory` has changed' }]),
  ];
}

/** Of several changes, as many as are read. */
const mostNames = 5;

function listed(changes: readonly Change[]): string {
  const names = changes.slice(0, mostNames).map(({ path }) => path);
  const left = changes.length - names.length;
  return left === 0 ? names.join(', ') : `${names.join(', ')} and ${left} more`;
}

/** A PLUGIN_INVALID failure that a new build makes good. */
export function outdated(file: string, message: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'PLUGIN_INVALID',
    message: `${file}: ${message}`,
    remedy: "Run `waterflow plugin build` in the plugin's folder.",
    file,
  });
}

/** What lies where a build put its result is something else. */
function exchanged(output: string): WaterflowFailure {
  const { error } = outdated(output, `it is not what ${buildRecordFile} speaks of`);
  const remedy = `Run \`waterflow plugin build\` in the plugin's folder; where other tools made ${output}, remove ${buildRecordFile}.`;
  return new WaterflowFailure({ ...error, remedy });
}

function parseRecord(file: PluginFile): BuildRecord {
  let parsed: unknown;
  try {
    parsed = JSON.parse(file.bytes.toString('utf8'));
  } catch (cause) {
    throw pluginInvalid(file.path, 'it is no JSON', cause);
  }
  if (!isRecord(parsed)) throw outdated(file.path, 'it is no record of a build');
  return parsed;
}

function isRecord(value: unknown): value is BuildRecord {
  // isJsonObject asks for JSON, which the parser made.
  const record = isJsonObject(value as never) ? (value as Readonly<Record<string, unknown>>) : {};
  const { version, target, main, memory_bytes, sha256, sources } = record;
  return (
    version === 1 &&
    (target === 'isolate' || target === 'wasm') &&
    typeof main === 'string' &&
    (memory_bytes === undefined || typeof memory_bytes === 'number') &&
    typeof sha256 === 'string' &&
    isListOfSources(sources, main)
  );
}

/** One that named nothing would hold whatever changes: every build is made of something, and that of a script of the script, too. */
function isListOfSources(value: unknown, main: string): boolean {
  // isJsonObject asks for JSON, which the parser made.
  if (typeof value !== 'object' || value === null || !isJsonObject(value as never)) return false;
  const digests: readonly unknown[] = Object.values(value);
  const isWhole = main.endsWith('.wasm') ? digests.length > 0 : Object.hasOwn(value, main);
  return isWhole && digests.every((each) => typeof each === 'string');
}
