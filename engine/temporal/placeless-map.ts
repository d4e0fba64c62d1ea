import { isAbsolute, relative } from 'node:path';

const mark = '//# sourceMappingURL=data:application/json;charset=utf-8;base64,';
/** The bundler's own name for the script has a random part. */
const scriptName = 'workflow-bundle.js';
const scheme = 'waterflow:///';

/** What of a source map (ECMA-426) may name places. */
interface SourceMap {
  readonly file: string;
  readonly sources: readonly string[];
  /** Null: it isn't known. */
  readonly sourcesContent: readonly (string | null)[];
}

/**
 * The script with its source map as it would be anywhere: named always the same, and without the folder that it was made in, be it as a source of
 * that map or in what the bundler wrote for its beginning. The code itself stays.
 */
export function withPlacelessMap(script: string, folder: string): string {
  const at = script.lastIndexOf(mark);
  if (at === -1) return script;
  const text = Buffer.from(script.slice(at + mark.length).trimEnd(), 'base64').toString('utf8');
  const map = JSON.parse(text) as SourceMap; // The bundler's own.
  const placeless = {
    ...map,
    file: scriptName,
    sources: map.sources.map((source) => withinFolder(source, folder)),
    sourcesContent: map.sourcesContent.map((content) => content?.replaceAll(`${folder}/`, '') ?? null),
  };
  return `${script.slice(0, at)}${mark}${Buffer.from(JSON.stringify(placeless)).toString('base64')}`;
}

/** Maps of packages may name sources that aren't shipped, which then lie beside the folder. */
function withinFolder(source: string, folder: string): string {
  const path = source.startsWith(scheme) ? source.slice(scheme.length) : '';
  return isAbsolute(path) ? `${scheme}${relative(folder, path)}` : source;
}
