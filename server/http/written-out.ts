import { isJsonList, isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';

/** What holds values, not schemas. */
const ofValues: ReadonlySet<string> = new Set(['default', 'enum', 'const', 'example', 'examples']);

/**
 * A document that means the same, with what JSON Schema leaves out where it is plain: generators of clients make of an `enum` without a
 * `type` a value that can be anything, and of an object without keys one that has none.
 */
export function writtenOut(value: Json): Json {
  if (isJsonList(value)) return value.map(writtenOut);
  if (!isJsonObject(value)) return value;
  const parts = Object.entries(value).map(([key, part]) => [key, ofValues.has(key) ? part : writtenOut(part)] as const);
  return { ...typeOfChoice(value), ...Object.fromEntries(parts), ...keysOfObject(value) };
}

function typeOfChoice({ type, enum: choices }: JsonObject): JsonObject {
  const areTexts = isJsonList(choices) && choices.every((choice) => typeof choice === 'string');
  return areTexts && type === undefined ? { type: 'string' } : {};
}

function keysOfObject({ type, properties, additionalProperties }: JsonObject): JsonObject {
  const isOpen = type === 'object' && properties === undefined && additionalProperties === undefined;
  return isOpen ? { additionalProperties: true } : {};
}
