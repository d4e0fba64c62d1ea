import { SourceMap } from 'node:module';

/** A place in a bundle, as stacks have it: `plugin.js:3:9`, perhaps in a folder. */
const bundlePlace = /(?:dist\/)?\bplugin\.js:(\d{1,9}):(\d{1,9})/g;
/** What the bundler puts before names of files that it made up, or that lie above the plugin. */
const notInTheFolder = /^(?:\.\.\/)+|^waterflow:/;

/** A name that changes nothing about a text that it is put into, be it JSON. A plugin may carry any map. */
const plainName = /^[\p{L}\p{N}._/@+ -]{1,300}$/u;
/** As {@link withMap} writes it. */
const inlineMap = /\n\/\/# sourceMappingURL=data:application\/json;base64,([A-Za-z0-9+/=]+)\n?$/;

/** Puts places of the author's files where a text has places of the bundle that was made of them. */
export type AuthorPlaces = (text: string) => string;

/** A script with its source map, JSON text, in its last line. */
export function withMap(script: string, sourceMap: string): string {
  const line = `//# sourceMappingURL=data:application/json;base64,${Buffer.from(sourceMap).toString('base64')}`;
  return `${script}${script.endsWith('\n') ? '' : '\n'}${line}\n`;
}

/** The source map in a script's last line, as JSON text; undefined where there is none. */
export function mapOf(script: string): string | undefined {
  const start = script.lastIndexOf('\n//# sourceMappingURL=');
  const encoded = start === -1 ? undefined : inlineMap.exec(script.slice(start))?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
}

/**
 * By a source map as JSON text, read where it is needed first: most plugins never throw. A map that is none, as a plugin may
 * carry it, changes nothing.
 */
export function authorPlaces(sourceMap: () => string | undefined): AuthorPlaces {
  let map: SourceMap | undefined;
  let isRead = false;
  return (text) => {
    if (!text.includes('plugin.js:')) return text;
    if (!isRead) map = parsed(sourceMap());
    isRead = true;
    const known = map;
    return known === undefined ? text : text.replaceAll(bundlePlace, (place, ...at) => placeIn(known, at) ?? place);
  };
}

function placeIn(map: SourceMap, [line, column]: readonly unknown[]): string | undefined {
  try {
    const entry = map.findEntry(Number(line) - 1, Number(column) - 1);
    // An empty object where nothing is known.
    if (!('originalSource' in entry) || typeof entry.originalSource !== 'string') return undefined;
    const file = entry.originalSource.replace(notInTheFolder, '');
    if (!plainName.test(file)) return undefined;
    return `${file}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  } catch {
    return undefined;
  }
}

function parsed(text: string | undefined): SourceMap | undefined {
  if (text === undefined) return undefined;
  try {
    return new SourceMap(JSON.parse(text));
  } catch {
    return undefined;
  }
}
