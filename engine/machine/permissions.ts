import type { EvaluationEnvironment } from '../../dsl/expressions/api.ts';
import {
  isJsonObject,
  type Json,
  type JsonObject,
  type PermissionLayer,
  type Permissions,
  type PlannedPermissions,
} from '../../schemas/index.ts';
import type { Result } from './errors.ts';
import { unfit, valueOf } from './templates.ts';

/** A layer of permissions with its expressions evaluated; none where the layer is absent, which doesn't narrow. */
export function permissionLayer(
  layer: PermissionLayer['layer'],
  planned: PlannedPermissions | undefined,
  environment: EvaluationEnvironment,
): Result<readonly PermissionLayer[]> {
  if (planned === undefined) return { ok: [] };
  const value = valueOf(planned.entries, environment);
  if ('error' in value) return value;
  if (!isPermissions(value.ok)) {
    const field = { name: `the permissions of the ${layer}`, at: planned.at };
    return unfit(planned.entries, field, { expected: 'lists of entries by capability', value: value.ok });
  }
  return { ok: [{ layer, permissions: value.ok, at: planned.at }] };
}

function isPermissions(value: Json): value is Permissions & JsonObject {
  return (
    isJsonObject(value) &&
    Object.values(value).every((entries) => Array.isArray(entries) && entries.every((entry) => isJsonObject(entry)))
  );
}
