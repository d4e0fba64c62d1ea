import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Grant } from '../../../runtime/grants/index.ts';
import { testGrant } from '../../../runtime/grants/testing/grant.ts';
import { isJsonObject, type JsonObject, type Permissions } from '../../../schemas/index.ts';

/** What a step of a node may do by the node's manifest, and by the policy where one is given; inputs that aren't given are at their defaults. */
export function grantsOfNode(node: string): (inputs: JsonObject, policy?: string) => Grant {
  const file = join(import.meta.dirname, '../../../plugins', node, 'plugin.yaml');
  const manifest = parse(readFileSync(file, 'utf8')) as JsonObject; // One of ours.
  const declared = Object.entries(isJsonObject(manifest['inputs']) ? manifest['inputs'] : {});
  const defaults = Object.fromEntries(
    declared.flatMap(([name, schema]) =>
      isJsonObject(schema) && schema['default'] !== undefined ? [[name, schema['default']] as const] : [],
    ),
  );
  return (inputs, policy) =>
    testGrant({
      // Checked by the loader, in every other test.
      manifest: manifest['permissions'] as Permissions,
      inputs: { ...defaults, ...inputs },
      ...(policy === undefined ? {} : { policy }),
    });
}
