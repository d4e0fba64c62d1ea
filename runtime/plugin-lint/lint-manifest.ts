import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import type { Diagnostic, Json, JsonObject, WaterflowError } from '../../schemas/index.ts';
import type { DocumentPath, YamlDocument } from '../documents/yaml-document.ts';
import { widePartsOf } from '../policy/lint/wide.ts';
import type { FindingKind } from './finding.ts';
import type { ReachedFacts } from './lint-sources.ts';

/** What is known of a plugin beside its manifest. */
export interface ManifestSurroundings {
  readonly document: YamlDocument;
  readonly hasReadme: boolean;
  readonly isBuiltIn: boolean;
  /** Undefined where there is no source to look at. */
  readonly reached: ReachedFacts | undefined;
  /** Entries that calls of its cases needed: `fs[0]`. Undefined where no case says. */
  readonly needed: ReadonlySet<string> | undefined;
}

/** What in a manifest is right as such, and probably not what its author meant, or too little for who must decide over it. */
export function lintManifest(manifest: PluginManifest, surroundings: ManifestSurroundings): readonly Diagnostic[] {
  const tell: Tell = (kind, at, problem) => {
    // Sorting and spreading keep it what it was.
    return { ...surroundings.document.error(at, problem), ...kind };
  };
  return [
    ...documentation(manifest, surroundings, tell),
    ...entriesOf(manifest).flatMap((entry) => [
      ...wideParts(entry, surroundings, tell),
      ...emptyReason(entry, tell),
      ...unused(entry, surroundings, tell),
    ]),
    ...idleCapabilities(manifest, surroundings, tell),
  ];
}

type Tell = (
  kind: FindingKind,
  at: { readonly path: DocumentPath; readonly part: 'key' | 'value' },
  problem: { readonly message: string; readonly remedy: string },
) => Diagnostic;

interface Requested {
  readonly capability: string;
  readonly index: number;
  readonly entry: JsonObject;
}

function entriesOf({ permissions = {} }: PluginManifest): readonly Requested[] {
  return Object.entries(permissions).flatMap(([capability, list]) =>
    // Read from YAML: JSON.
    list.map((entry, index) => ({ capability, index, entry: entry as JsonObject })),
  );
}

function documentation(
  { inputs = {}, outputs = {} }: PluginManifest,
  { hasReadme }: ManifestSurroundings,
  tell: Tell,
): readonly Diagnostic[] {
  const kind: FindingKind = { code: 'PLUGIN_UNDOCUMENTED', severity: 'warning' };
  const readme = hasReadme
    ? []
    : [
        tell(
          kind,
          { path: ['name'], part: 'value' },
          {
            message: 'the plugin has no README.md',
            remedy: 'Say in it what the plugin is for, with an example; `waterflow plugin docs` shows it.',
          },
        ),
      ];
  const fields = Object.entries({ inputs, outputs }).flatMap(([part, all]) =>
    Object.entries(all).flatMap(([name, field]) =>
      field.description === undefined
        ? [
            tell(
              kind,
              { path: [part, name], part: 'key' },
              {
                message: `\`${part}.${name}\` has no description`,
                remedy: 'Add `description:` to it.',
              },
            ),
          ]
        : [],
    ),
  );
  return [...readme, ...fields];
}

function emptyReason({ capability, index, entry }: Requested, tell: Tell): readonly Diagnostic[] {
  const reason = typeof entry['reason'] === 'string' ? entry['reason'] : '';
  if (!saysNothing(reason, capability)) return [];
  const example = exampleReasons[capability] ?? 'stores the greeting';
  return [
    tell(
      { code: 'PLUGIN_UNDOCUMENTED', severity: 'warning' },
      { path: ['permissions', capability, index, 'reason'], part: 'value' },
      {
        message: `\`${reason}\` is no reason: who is to approve the entry learns nothing from it`,
        remedy: `Say what the plugin does with it, as in \`reason: ${example}\`: users read it before they approve.`,
      },
    ),
  ];
}

/** What stands where a reason will, and what only says that there is one. */
const placeholders: ReadonlySet<string> = new Set(
  'todo tbd tba fixme xxx wip placeholder reason reasons why because needed required necessary permission permissions none nothing any test foo bar asdf dummy changeme unknown'.split(
    ' ',
  ),
);

/** Words that may stand around these, and say no more. */
const fillers: ReadonlySet<string> = new Set('a an the is are it its this that for be to by i we'.split(' '));

/** A reason that is yet to be written, as its author says. */
const unwritten = /^\s*(?:todo|tbd|fixme|xxx)\b/iu;

/**
 * PLUGIN_UNDOCUMENTED for each permission whose reason is yet to be written; `document` is the manifest's. Such a plugin isn't ready to be
 * given away: who is to approve it learns nothing.
 */
export function unwrittenReasons(manifest: PluginManifest, document: YamlDocument): readonly WaterflowError[] {
  return entriesOf(manifest).flatMap(({ capability, index, entry: { reason } }) => {
    if (typeof reason !== 'string' || !unwritten.test(reason)) return [];
    const error = document.error(
      { path: ['permissions', capability, index, 'reason'], part: 'value' },
      {
        message: `\`permissions.${capability}[${index}]\` has no reason yet: \`${reason}\``,
        remedy: 'Say what the plugin does with it: users read it before they approve.',
      },
    );
    return [{ ...error, code: 'PLUGIN_UNDOCUMENTED' }];
  });
}

function saysNothing(reason: string, capability: string): boolean {
  const words = reason.toLowerCase().match(/\p{L}+/gu) ?? [];
  if (words.join('').length < 3 || unwritten.test(reason)) return true;
  const known = (word: string): boolean => placeholders.has(word) || fillers.has(word) || word === capability;
  return ['change me', 'fill in', 'fill me in', 'n a'].includes(words.join(' ')) || words.every(known);
}

/** Of each capability, what a good one says. */
const exampleReasons: Readonly<Record<string, string>> = {
  net: 'asks the release server for the latest version',
  exec: 'runs git to read the history',
  fs: 'writes the report to the path that the step names',
  secrets: 'logs in to the release server',
  store: 'remembers which release was announced last',
  docker: 'starts the database that the tests use',
  ssh: 'copies the site to the web server',
  mail: 'sends the report to those that the step names',
  env: 'sets PATH so that later steps find the tool',
};

/** How an entry says what the step chooses. */
const byInput: Readonly<Record<string, string>> = {
  url: 'url: ${{ inputs.url }}',
  secrets: 'secrets: ["${{ inputs.token }}"]',
};

function wideParts(
  { capability, index, entry }: Requested,
  { isBuiltIn }: ManifestSurroundings,
  tell: Tell,
): readonly Diagnostic[] {
  const at = (path: DocumentPath): Parameters<Tell>[1] => ({
    path: ['permissions', capability, index, ...path],
    part: 'value',
  });
  const parts = widePartsOf(capability, entry, { isTrusted: isBuiltIn }).map(({ path, message, severity, remedy }) => {
    // What only a plugin can do, which knows what its step was given.
    const example = Object.hasOwn(byInput, String(path[0])) ? byInput[String(path[0])] : undefined;
    const orInput = example === undefined ? '' : ` Where the step says which, name the input: \`${example}\`.`;
    return tell({ code: 'PLUGIN_PERMISSION_WIDE', severity }, at(path), { message, remedy: `${remedy}${orInput}` });
  });
  const wholeWorkspace = capability === 'fs' && holds(entry['write'], '**');
  if (!wholeWorkspace) return parts;
  const problem = {
    message: 'every file of the workspace may be changed and removed',
    remedy: 'Name the folder that it writes to, or an input: `${{ inputs.path }}`.',
  };
  return [...parts, tell({ code: 'PLUGIN_PERMISSION_WIDE', severity: 'warning' }, at(['write']), problem)];
}

function holds(value: Json | undefined, text: string): boolean {
  return value === text || (Array.isArray(value) && value.includes(text));
}

/** An entry that cases don't need; where a capability is never used, one finding says it for all of its entries. */
function unused(
  { capability, index }: Requested,
  { needed, reached }: ManifestSurroundings,
  tell: Tell,
): readonly Diagnostic[] {
  if (needed === undefined || needed.has(`${capability}[${index}]`) || isIdle(capability, reached)) return [];
  return [
    tell(
      { code: 'PLUGIN_PERMISSION_UNUSED', severity: 'warning' },
      { path: ['permissions', capability, index], part: 'value' },
      {
        message: `no call of the plugin's recorded cases needed \`${capability}[${index}]\``,
        remedy: 'Add a recorded case in which a call needs it, or remove it.',
      },
    ),
  ];
}

function idleCapabilities(
  { permissions = {} }: PluginManifest,
  { reached }: ManifestSurroundings,
  tell: Tell,
): readonly Diagnostic[] {
  return Object.keys(permissions)
    .filter((capability) => isIdle(capability, reached))
    .map((capability) =>
      tell(
        { code: 'PLUGIN_PERMISSION_UNUSED', severity: 'warning' },
        { path: ['permissions', capability], part: 'key' },
        {
          message: `nothing in the source uses \`host.${capability}\``,
          remedy: `Remove \`permissions.${capability}\`.`,
        },
      ),
    );
}

/** By these keys calls of other capabilities name files of the workspace, for which they need fs. */
const fileKeys = ['file', 'mounts', 'context', 'from', 'to', 'attachments'];

/** Whether no source can use it. What hands a secret on needs no call of `host.secrets`. */
function isIdle(capability: string, reached: ReachedFacts | undefined): boolean {
  if (reached === undefined || reached.isDynamic || capability === 'secrets') return false;
  const keys = capability === 'fs' ? ['fs', ...fileKeys] : [capability];
  return !keys.some((key) => reached.properties.has(key));
}
