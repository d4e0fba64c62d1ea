import type { SchemaProblem } from '../../runtime/documents/schema-check.ts';
import type { DocumentPath } from '../../runtime/documents/yaml-document.ts';
import { isJsonList, isJsonObject, type Json } from '../../schemas/index.ts';
import { isPattern } from './match.ts';

/** What of these is wrong whatever the patterns in the value stand for: no schema knows them, so it refuses them and what holds them. */
export function withoutPatterns<Found extends Pick<SchemaProblem, 'path' | 'keyword'>>(
  problems: readonly Found[],
  value: Json,
): readonly Found[] {
  const patterns = patternPaths(value);
  return problems.filter(
    ({ path, keyword }) =>
      !patterns.some(
        (pattern) =>
          isWithin(path, pattern) || ((keyword === 'oneOf' || keyword === 'anyOf') && isWithin(pattern, path)),
      ),
  );
}

function patternPaths(value: Json): readonly DocumentPath[] {
  const below = (entries: readonly (readonly [string, Json])[]): readonly DocumentPath[] =>
    entries.flatMap(([key, item]) => patternPaths(item).map((path) => [key, ...path]));
  if (isJsonList(value)) return below(value.map((item, index) => [String(index), item]));
  if (!isJsonObject(value)) return [];
  return isPattern(value) ? [[]] : below(Object.entries(value));
}

function isWithin(path: DocumentPath, outer: DocumentPath): boolean {
  return outer.every((step, index) => String(step) === String(path[index]));
}
