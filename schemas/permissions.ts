import type { JsonObject } from './json.ts';
import type { EvaluatedTemplate, Position } from './template.ts';

/** The capabilities that permission entries can name, as they are listed for people: what is asked for most comes first. */
export const grantableNames = ['net', 'exec', 'fs', 'secrets', 'store', 'docker', 'ssh', 'mail', 'env'] as const;

/**
 * Permission entries by capability name, in the forms of the manifest: `{ net: [{ url, methods }], exec: [...] }`. Each
 * entry is checked by its capability's own schema. A capability that isn't named gets nothing from this layer.
 */
export type Permissions = Readonly<Record<string, readonly JsonObject[]>>;

/**
 * One narrowing layer of a workflow file: its entries by capability, in their order. What expressions gave stands apart from what the
 * file says, since only the capability of an entry knows how a value is written that stands for nothing but itself. Version 1 had
 * them in one text; none of it is taken any more.
 */
export interface PermissionLayer {
  readonly version: 2;
  readonly layer: 'workflow' | 'job' | 'step';
  readonly entries: Readonly<Record<string, readonly EvaluatedTemplate[]>>;
  readonly at: Position;
}
