import { inputFields, outputFields } from '../../runtime/manifest/index.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import { inputRows, outputRows, permissionRows } from './rows.ts';
import { type Section, sectionsOf } from './sections.ts';

/**
 * A plugin's page in Markdown: what it takes, gives and asks for from its manifest, and all else from its README, whose own tables of
 * inputs and outputs are left out. `readme`: undefined where it has none.
 */
export function pluginPage(manifest: PluginManifest, readme: string | undefined): string {
  const { lead, sections } = sectionsOf(readme ?? '');
  const title = `${manifest.name}@v${manifest.version.split('.')[0]}`;
  const made = generated(manifest);
  const named = new Set(sections.map(({ heading }) => heading));
  const placed = sections.map((section) => {
    const table = made.get(section.heading);
    return table === undefined ? section : { heading: section.heading, text: joined(table, withoutTables(section)) };
  });
  const missing = [...made].flatMap(([heading, text]) => (named.has(heading) ? [] : [{ heading, text }]));
  // Behind the inputs, if the README has a place for them: what stands before those explains them.
  const place = placed.findIndex(({ heading }) => heading === 'Inputs') + 1;
  const ordered = placed.toSpliced(place, 0, ...missing);
  return [
    `# ${title}\n`,
    `${lead === '' ? manifest.description : lead}\n`,
    ...ordered.map(({ heading, text }) => `## ${heading}\n\n${text}\n`),
  ].join('\n');
}

/** What the manifest says, by heading. */
function generated(manifest: PluginManifest): ReadonlyMap<string, string> {
  const { permissions, limits } = manifest;
  const bounds = [
    `it may take ${limits?.timeout ?? '10m'}`,
    ...(manifest.runtime === 'control' ? [] : [`and ${limits?.memory ?? '64MiB'} of memory`]),
  ];
  const entries = permissionRows(permissions ?? {});
  return new Map([
    ['Inputs', table(['input', 'value', 'default', 'meaning'], inputRows(inputFields(manifest)), 'It takes none.')],
    [
      'Outputs',
      joined(
        table(['output', 'value', 'meaning'], outputRows(outputFields(manifest)), 'It gives none.'),
        manifest['dynamic-outputs'] === true ? 'A step may give others, too.' : '',
      ),
    ],
    [
      'Permissions, and why',
      manifest.runtime === 'control'
        ? 'None: the engine itself carries it out, and no code of a plugin runs.'
        : joined(
            table(['capability', 'for', 'why'], entries, 'It asks for none.'),
            `Unless the step says otherwise ${bounds.join(' ')}.`,
          ),
    ],
  ]);
}

function table(head: readonly string[], rows: readonly (readonly string[])[], none: string): string {
  if (rows.length === 0) return none;
  const lines = [head, head.map(() => '---'), ...rows.map((row) => row.map(cell))];
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

/** Text of a manifest as one cell. */
function cell(text: string): string {
  return text.replaceAll(/\s+/gu, ' ').replaceAll('|', '\\|');
}

/** The rest of a section whose tables are made anew. */
function withoutTables({ text }: Section): string {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('|'))
    .join('\n')
    .replaceAll(/\n{3,}/gu, '\n\n')
    .trim();
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}
