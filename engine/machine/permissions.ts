import type { EvaluationEnvironment } from '../../dsl/expressions/api.ts';
import { joinEvaluated } from '../../dsl/expressions/index.ts';
import {
  type EvaluatedTemplate,
  isJsonList,
  isJsonObject,
  type PermissionLayer,
  type PlannedPermissions,
} from '../../schemas/index.ts';
import type { Result } from './errors.ts';
import { piecesOf, unfit } from './templates.ts';

/**
 * A layer of permissions with its expressions evaluated; none where the layer is absent, which doesn't narrow. What they gave stays
 * apart from what the file says: the agent puts it together, so that a value is never a pattern or a keyword.
 */
export function permissionLayer(
  layer: PermissionLayer['layer'],
  planned: PlannedPermissions | undefined,
  environment: EvaluationEnvironment,
): Result<readonly PermissionLayer[]> {
  if (planned === undefined) return { ok: [] };
  const evaluated = piecesOf(planned.entries, environment);
  if ('error' in evaluated) return evaluated;
  const entries = entriesIn(evaluated.ok);
  if (entries === undefined) {
    const field = { name: `the permissions of the ${layer}`, at: planned.at };
    const expected = 'lists of entries by capability';
    return unfit(planned.entries, field, { expected, value: joinEvaluated(evaluated.ok) });
  }
  return { ok: [{ version: 2, layer, entries, at: planned.at }] };
}

/** Undefined where it isn't lists of entries by capability. An expression gives single values, and never lists or whole entries. */
function entriesIn(permissions: EvaluatedTemplate): PermissionLayer['entries'] | undefined {
  const lists = fieldsOf(permissions)?.map(([name, value]) => [name, itemsOf(value)] as const);
  const entries = lists?.flatMap(([name, items]) =>
    items?.every((item) => fieldsOf(item) !== undefined) === true ? [[name, items] as const] : [],
  );
  // From entries, so that a name such as __proto__ becomes a property like any other.
  return entries === undefined || entries.length < (lists?.length ?? 0) ? undefined : Object.fromEntries(entries);
}

function fieldsOf(
  template: EvaluatedTemplate,
): readonly (readonly [key: string, value: EvaluatedTemplate])[] | undefined {
  if (template.kind === 'object') return template.entries;
  if (template.kind !== 'literal' || !isJsonObject(template.value)) return undefined;
  return Object.entries(template.value).map(([key, value]) => [key, { kind: 'literal', value }]);
}

function itemsOf(template: EvaluatedTemplate): readonly EvaluatedTemplate[] | undefined {
  if (template.kind === 'array') return template.items;
  if (template.kind !== 'literal' || !isJsonList(template.value)) return undefined;
  return template.value.map((value) => ({ kind: 'literal', value }));
}
