import type {
  RegistryFile,
  RegistryIndex,
  RegistryRoot,
  RegistrySnapshot,
  RegistryTimestamp,
} from '../../schemas/generated/registry.ts';
import type { JsonObject } from '../../schemas/index.ts';
import registrySchema from '../../schemas/registry.schema.json' with { type: 'json' };

/** What each role says. */
export interface Roles {
  readonly root: RegistryRoot;
  readonly timestamp: RegistryTimestamp;
  readonly snapshot: RegistrySnapshot;
  readonly index: RegistryIndex;
}

export type RoleName = keyof Roles;

/** A role's file, whose signatures somebody has verified. */
export interface Signed<Name extends RoleName> {
  readonly signed: Roles[Name];
  readonly signatures: RegistryFile['signatures'];
}

/** In bytes; an index of a hundred thousand packages has less. */
export const longestFile: Readonly<Record<RoleName, number>> = {
  root: 64 * 1024,
  timestamp: 16 * 1024,
  snapshot: 16 * 1024,
  index: 64 * 1024 ** 2,
};

const { definitions, properties } = registrySchema;

/** The schema of the file of each role. */
export const schemaOf: Readonly<Record<RoleName, JsonObject>> = {
  root: fileSchema('root'),
  timestamp: fileSchema('timestamp'),
  snapshot: fileSchema('snapshot'),
  index: fileSchema('index'),
};

function fileSchema(role: RoleName): JsonObject {
  return {
    type: 'object',
    additionalProperties: false,
    required: ['signed', 'signatures'],
    properties: { signed: { $ref: `#/definitions/${role}` }, signatures: properties.signatures },
    definitions,
  };
}

/** Where the file of a role lies in a registry. Only the timestamp's stays the same, so that a copy that is being replaced mixes nothing up. */
export function pathOf(role: Exclude<RoleName, 'timestamp'>, version: number): string {
  return `metadata/${version}.${role}.json`;
}

export const timestampPath = 'metadata/timestamp.json';

/** The files of a package. Its parts are checked by the schema, so that neither is a path. */
export function packagePaths({ name, version }: { readonly name: string; readonly version: string }): {
  readonly package: string;
  readonly signature: string;
} {
  const file = `${name}-${version}.tgz`;
  return { package: file, signature: `${file}.sig` };
}
