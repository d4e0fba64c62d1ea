import { splitPath } from '../../runtime/capabilities/fs/path.ts';
import type { HostCall } from '../../runtime/host-call.ts';
import { isJsonObject, type Json } from '../../schemas/index.ts';

/** Longer than this a path or a URL may hide what it is about from who reads its beginning and its end. */
const plainCharacters = 200;

/** The arguments that say where a call goes, by its capability. */
const places: ReadonlyMap<string, readonly string[]> = new Map([
  ['fs', ['path', 'from', 'to']],
  ['net', ['url']],
]);

/**
 * The arguments of a call with long paths and URLs as the agent reads them: without `./`, doubled slashes, and tabs and line breaks
 * in a URL. A guest could put thousands of those around what it does, to have the record hold nothing but them.
 */
export function plainArgs({ capability, args }: HostCall): Json {
  const keys = places.get(capability) ?? [];
  if (!isJsonObject(args) || !keys.some((key) => isLong(args[key]))) return args;
  return Object.fromEntries(
    Object.entries(args).map(([key, value]) => [
      key,
      keys.includes(key) && isLong(value) ? (capability === 'net' ? plainUrl(value) : plainPath(value)) : value,
    ]),
  );
}

function isLong(value: Json | undefined): value is string {
  return typeof value === 'string' && value.length > plainCharacters;
}

function plainPath(path: string): string {
  const split = splitPath(path);
  return 'problem' in split ? path : split.names.join('/') || '.';
}

function plainUrl(url: string): string {
  return URL.canParse(url) ? new URL(url).href : url;
}
