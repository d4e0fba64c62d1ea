import { createHash } from 'node:crypto';
import { isJsonObject, WaterflowFailure } from '../../schemas/index.ts';
import { type PluginFile, pluginInvalid } from './folder.ts';

/** Where `waterflow plugin build` says what it made, of which files. */
export const buildRecordFile = 'dist/build.json';
/** What it makes of sources in TypeScript or JavaScript. */
export const builtFiles = { isolate: 'dist/plugin.js', wasm: 'dist/plugin.wasm' } as const;

/** A build, as its record says. Deterministic: no time, no machine. */
export interface BuildRecord {
  readonly version: 1;
  readonly target: 'isolate' | 'wasm';
  /** The manifest's `main` that was built. */
  readonly main: string;
  /** SHA-256, lower-case hex, of the file that was made. */
  readonly sha256: string;
  /** The author's own files that went into it, by path, each with its SHA-256. */
  readonly sources: Readonly<Record<string, string>>;
}

/** SHA-256 as a record has it. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * What was built of `main` for a runtime; undefined where there is no build for it. A build that is damaged, or that was made of
 * files other than those that lie beside it now, is PLUGIN_INVALID: nobody could tell what runs.
 */
export function findBuilt(
  files: readonly PluginFile[],
  wanted: { readonly runtime: 'isolate' | 'wasm'; readonly main: string },
): PluginFile | undefined {
  const recordFile = files.find(({ path }) => path === buildRecordFile);
  if (recordFile === undefined) return undefined;
  const record = parseRecord(recordFile);
  if (record.target !== wanted.runtime || record.main !== wanted.main) return undefined;
  const output = builtFiles[record.target];
  const built = files.find(({ path }) => path === output);
  if (built === undefined) throw outdated(buildRecordFile, `${output} is missing`);
  if (sha256Of(built.bytes) !== record.sha256) throw outdated(output, `it is not what ${buildRecordFile} speaks of`);
  for (const [path, sha256] of Object.entries(record.sources)) {
    const source = files.find((file) => file.path === path);
    if (source === undefined || sha256Of(source.bytes) !== sha256)
      throw outdated(path, `it ${source === undefined ? 'is gone' : 'has changed'} since ${output} was built`);
  }
  return built;
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
  const { version, target, main, sha256, sources } = record;
  return (
    version === 1 &&
    (target === 'isolate' || target === 'wasm') &&
    typeof main === 'string' &&
    typeof sha256 === 'string' &&
    typeof sources === 'object' &&
    sources !== null &&
    Object.values(sources).every((each) => typeof each === 'string')
  );
}
