import { type DocumentKind, readSchemaDocument } from '../../runtime/documents/schema-document.ts';
import { checkPermissions } from '../../runtime/grants/check-document.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import { type JsonObject, type PermissionLayer, type Permissions } from '../../schemas/index.ts';
import { usageError } from '../command.ts';

const place = '--grant';

const grantsDocument: DocumentKind<Permissions> = {
  code: 'INVALID_INPUT',
  schema: { type: 'object', additionalProperties: { type: 'array', items: { type: 'object' } } },
  check: ({ document, content }) => checkPermissions(document, [], content),
};

/**
 * What `--grant` says, as a layer below the policy and the manifest: `fs`, all that the plugin requests of it, or an entry in YAML,
 * `fs={ write: "out/**" }`. Throws USAGE where it is none, or of what the plugin doesn't request.
 */
export function grantedLayer(grants: readonly string[], { name, permissions = {} }: PluginManifest): PermissionLayer {
  // A checked manifest is JSON, and has lists of objects here.
  const requested = permissions as Permissions;
  const entries = new Map<string, string[]>();
  for (const grant of grants) {
    const [, capability = '', entry] = /^([^=]*)(?:=([^]*))?$/.exec(grant) ?? [];
    if (!Object.hasOwn(requested, capability)) {
      throw usageError(
        `--grant ${grant}: ${name} requests no \`${capability}\``,
        `It requests ${Object.keys(requested).join(', ') || 'nothing'}. Write CAPABILITY, or CAPABILITY={ … } for one entry.`,
      );
    }
    const given = entry === undefined ? (requested[capability] ?? []).map(withoutReason) : [entry];
    entries.set(capability, [...(entries.get(capability) ?? []), ...given]);
  }
  const text = [...entries].map(([capability, list]) => `${capability}: [${list.join(', ')}]\n`).join('');
  const read = readSchemaDocument(text, place, grantsDocument);
  if ('errors' in read) {
    const [first] = read.errors;
    throw usageError(
      `--grant: ${first?.message ?? text}`,
      first?.remedy ?? 'Write CAPABILITY={ … }, as in a workflow.',
    );
  }
  return {
    version: 2,
    layer: 'step',
    entries: Object.fromEntries(
      Object.entries(read.content).map(([capability, list]) => [
        capability,
        list.map((value) => ({ kind: 'literal' as const, value })),
      ]),
    ),
    at: { file: place, line: 1, column: 1 },
  };
}

/** A manifest's entry in flow style; JSON is YAML. */
function withoutReason({ reason: _forUsers, ...entry }: JsonObject): string {
  return JSON.stringify(entry);
}
