import { secretsNamedIn } from '../../runtime/grants/index.ts';
import type { LoadedPlugin } from '../../runtime/plugin.ts';
import {
  isJsonList,
  isJsonObject,
  type Json,
  type Permissions,
  type StepTask,
  type Template,
} from '../../schemas/index.ts';
import type { ResolvePlugin } from './options.ts';

/**
 * The names of the secrets that a task's plugin asks for in its manifest. Where the manifest leaves a name to an input, it may be any text
 * that the inputs are given. None where there is no such plugin.
 */
export async function secretsNamedBy(task: StepTask, resolvePlugin: ResolvePlugin): Promise<readonly string[]> {
  const { uses, digest } = task;
  const resolved = await resolvePlugin({ uses, ...(digest === undefined ? {} : { digest }) });
  if ('error' in resolved) return [];
  const names = secretsNamedIn(permissionsOf(resolved.plugin));
  return names.some((name) => name.includes('${{')) ? [...names, ...textsOf(task.with)] : names;
}

function permissionsOf({ manifest }: LoadedPlugin): Permissions {
  // The manifest was read from YAML, so it is JSON.
  return (manifest.permissions ?? {}) as Permissions;
}

function textsOf(template: Template): readonly string[] {
  switch (template.kind) {
    case 'literal':
      return textsIn(template.value);
    case 'array':
      return template.items.flatMap(textsOf);
    case 'object':
      return template.entries.flatMap(([, value]) => textsOf(value));
    default:
      return [];
  }
}

function textsIn(value: Json): readonly string[] {
  if (typeof value === 'string') return [value];
  if (isJsonList(value)) return value.flatMap(textsIn);
  return isJsonObject(value) ? Object.values(value).flatMap(textsIn) : [];
}
