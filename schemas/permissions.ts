import type { JsonObject } from './json.ts';
import type { Position } from './template.ts';

/** The capabilities that permission entries can name, as they are listed for people: what is asked for most comes first. */
export const grantableNames = ['net', 'exec', 'fs', 'secrets', 'store', 'docker', 'ssh', 'mail'] as const;

/**
 * Permission entries by capability name, in the forms of the manifest: `{ net: [{ url, methods }], exec: [...] }`. Each
 * entry is checked by its capability's own schema. A capability that isn't named gets nothing from this layer.
 */
export type Permissions = Readonly<Record<string, readonly JsonObject[]>>;

/** One narrowing layer of a workflow file, with its expressions already evaluated. */
export interface PermissionLayer {
  readonly layer: 'workflow' | 'job' | 'step';
  readonly permissions: Permissions;
  readonly at: Position;
}
