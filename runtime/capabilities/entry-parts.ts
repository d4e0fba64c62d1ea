/** Parts of permission entries that mean the same in every capability. */
import type { Json, JsonObject } from '../../schemas/index.ts';
import { readQuoted } from './quoted.ts';

/** What names a secret. */
export const secretPattern = '^[A-Za-z_][A-Za-z0-9_]*$';
const secretName = new RegExp(secretPattern);

/** Whether the text can name a secret; `*`, which is any, can't. */
export function isSecretName(text: string): boolean {
  return secretName.test(text);
}

/** JSON Schema of one text, or a list of them. */
export const oneOrMoreTexts: JsonObject = {
  oneOf: [
    { type: 'string', minLength: 1 },
    { type: 'array', minItems: 1, maxItems: 200, items: { type: 'string', minLength: 1 } },
  ],
};

/** The texts of a list, without the marks of what came out of expressions. */
export function textsOf(value: Json | undefined): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.filter((item) => typeof item === 'string').map((item) => readQuoted(item).text);
}

/** Reads `secrets`, or a key of another name: names, or `*` for any. */
export function parseSecretNames(
  value: Json | undefined,
  key: 'secrets' | 'url-secrets' = 'secrets',
): { readonly secrets: readonly string[] } | { readonly problem: string } {
  const secrets = textsOf(value);
  const wrong = secrets.find((secret) => secret !== '*' && !isSecretName(secret));
  return wrong === undefined ? { secrets } : { problem: `\`${key}\`: \`${wrong}\` is not a secret's name` };
}

/**
 * An entry as `allow: requested` gives it: private addresses, and proxies (behind which the agent can't see what is reached), need one
 * that the operator wrote out, and who says `requested` has not named any.
 */
export function withoutPrivate(entry: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(entry).filter(([key]) => key !== 'private' && key !== 'proxies'));
}
