import { isJsonList, isJsonObject, type Json, type Plan, type Position } from '../../schemas/index.ts';

/** The source of the innermost expression of a plan that a place lies in; undefined where it lies in none. */
export function expressionAt(plan: Plan, place: Position): string | undefined {
  let best: { readonly source: string; readonly column: number } | undefined;
  // A plan is JSON; its interfaces only lack JsonObject's index signature.
  for (const { source, at } of expressionsIn(plan as unknown as Json)) {
    const isIn =
      at.file === place.file &&
      at.line === place.line &&
      at.column <= place.column &&
      place.column <= at.column + source.length;
    if (isIn && (best === undefined || at.column > best.column)) best = { source, column: at.column };
  }
  return best?.source;
}

function* expressionsIn(value: Json): Generator<{ readonly source: string; readonly at: Position }> {
  if (isJsonList(value)) {
    for (const each of value) yield* expressionsIn(each);
    return;
  }
  if (!isJsonObject(value)) return;
  const { source, at } = value;
  // A plan's own `source` is a digest, without a place.
  if (typeof source === 'string' && isJsonObject(at)) yield { source, at: at as unknown as Position };
  for (const each of Object.values(value)) yield* expressionsIn(each);
}
