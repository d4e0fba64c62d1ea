import { grantableCapabilities } from '../../runtime/capabilities/table.ts';
import { type DocumentKind, readSchemaDocument } from '../../runtime/documents/schema-document.ts';
import { checkPermissions } from '../../runtime/grants/check-document.ts';
import type { GivenSecrets } from '../../runtime/grants/index.ts';
import { fillEntry } from '../../runtime/grants/substitute.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import { type JsonObject, type PermissionLayer, type Permissions } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { secretsRead } from './input-secrets.ts';

const place = '--grant';

const grantsDocument: DocumentKind<Permissions> = {
  code: 'INVALID_INPUT',
  schema: { type: 'object', additionalProperties: { type: 'array', items: { type: 'object' } } },
  check: ({ document, content }) => checkPermissions(document, [], content),
};

/**
 * What `--grant` says, as a layer below the policy and the manifest: `fs`, all that the plugin requests of it, or an entry in YAML,
 * `fs={ write: "out/**" }`. `inputs` are those of the step, with their defaults: entries of the manifest read them. Throws USAGE where it is
 * none, or of what the plugin doesn't request.
 */
export function grantedLayer(
  grants: readonly string[],
  { name, permissions = {} }: PluginManifest,
  inputs: JsonObject,
): PermissionLayer {
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
    const given = entry === undefined ? asRequested(capability, requested[capability] ?? [], inputs) : [entry];
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

/** A secret that `--input` reads stands for its name, as its placeholder does in a step. */
const secrets: GivenSecrets = {
  mentioned: secretsRead,
  placeholder: (name) => `\${{ secrets.${name} }}`,
};

/** A manifest's entries in flow style, with the step's inputs in them; JSON is YAML. Those that read an input which wasn't given aren't there. */
function asRequested(name: string, entries: readonly JsonObject[], inputs: JsonObject): readonly string[] {
  const capability = grantableCapabilities.find((each) => each.name === name);
  if (capability === undefined) return [];
  return entries.flatMap(({ reason: _forUsers, ...entry }, index) => {
    const filled = fillEntry(entry, capability, { inputs, secrets });
    if (filled.kind === 'refused') {
      throw usageError(
        `--grant ${name}: ${name}[${index}] of plugin.yaml: ${filled.problem}`,
        'Give the input a value that can stand there, or grant an entry: CAPABILITY={ … }.',
      );
    }
    return filled.kind === 'dropped' ? [] : [JSON.stringify(filled.entry)];
  });
}
