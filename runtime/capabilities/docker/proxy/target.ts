import { malformed } from './refusal.ts';

/** What a request asks for, read strictly: there is one way to write each. */
export interface Target {
  /** Without the version, percent-decoded where that is allowed: `/containers/json`. */
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
}

const maxTargetLength = 16_384;
const versionPrefix = /^\/v1\.[0-9]{1,2}(?=\/)/u;
/** Of segments; `.` and `..` begin with none of these, and nothing here is empty. */
const pathForm = /^(?:\/[A-Za-z0-9_][A-Za-z0-9_.:@+-]*)+$/u;
const maxQueryKeys = 40;

/**
 * Reads the target of a request. Only origin-form (RFC 9112, 3.2.1), no empty segments, no dots, and no percent-encoding but of the `@`
 * and `:` of an image's name. The version of the API is taken and ignored: what is understood is the same in all of them.
 */
export function readTarget(text: string): Target {
  if (text.length > maxTargetLength) throw malformed('its address is too long');
  const [, rawPath = '', , rawQuery = ''] = /^([^?#]*)(\?([^#]*))?$/u.exec(text) ?? [];
  const path = rawPath
    .replace(versionPrefix, '')
    .replaceAll(/%40/gu, '@')
    .replaceAll(/%3[Aa]/gu, ':');
  if (!pathForm.test(path)) throw malformed(`\`${rawPath.slice(0, 200)}\` is not a path of the Engine API`);
  const query = new Map<string, string>();
  for (const [key, value] of new URLSearchParams(rawQuery)) {
    if (query.has(key)) throw malformed(`its query has \`${key.slice(0, 100)}\` twice`);
    query.set(key, value);
    if (query.size > maxQueryKeys) throw malformed('its query is too long');
  }
  return { path, query };
}
