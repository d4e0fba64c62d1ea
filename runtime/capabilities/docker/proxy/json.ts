import { isJsonObject, type JsonObject } from '../../../../schemas/index.ts';
import { callKeyLimit, parseUntrustedJson } from '../../../supervisor/json-guard.ts';
import { malformed } from './refusal.ts';

/**
 * Reads the body of a request. A key may stand in an object once: readers differ in which of two they believe. One that differs from a
 * known key in case only, which Go's reader takes for the same, is unknown, and so refused where the object is read.
 */
export function readJsonBody(bytes: Uint8Array): JsonObject {
  const parsed = parseUntrustedJson(bytes, callKeyLimit);
  if ('problem' in parsed) throw malformed(`its body: ${parsed.problem}`);
  if (!isJsonObject(parsed.value)) throw malformed('its body is no JSON object');
  const twice = repeatedKey(Buffer.from(bytes).toString());
  if (twice !== undefined) throw malformed(`its body has the key \`${twice.slice(0, 100)}\` twice in one object`);
  return parsed.value;
}

/** The first key that an object has twice. Of text that is JSON. */
export function repeatedKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (const [token, string, colon] of text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}]/gsu)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (string !== undefined && colon !== undefined) {
      // A key may be written with escapes; it is a string of valid JSON.
      const key = JSON.parse(string) as string;
      const keys = open.at(-1);
      if (keys?.has(key) === true) return key;
      keys?.add(key);
    }
  }
  return undefined;
}
