import { stringify } from 'yaml';
import { inputFields, outputFields } from '../../runtime/manifest/index.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import { inputRows, outputRows } from './rows.ts';
import { type Section, sectionsOf } from './sections.ts';

/**
 * A plugin's page in Markdown: what it takes, gives and asks for from its manifest, nothing of it left out, its description first, and all else from its README,
 * whose own table of inputs (its first column is `input`) and of outputs (`output`) are. `readme`: undefined where it has none.
 */
export function pluginPage(manifest: PluginManifest, readme: string | undefined): string {
  const { lead, sections } = sectionsOf(readme ?? '');
  const title = `${manifest.name}@v${manifest.version.split('.')[0]}`;
  const made = generated(manifest);
  const named = new Set(sections.map(({ heading }) => heading));
  const placed = sections.map((section) => {
    const { heading, text } = section;
    const own = made.get(heading);
    if (own === undefined) return section;
    if (heading === asked) return { heading, text: manifest.runtime === 'control' ? text : joined(text, own) };
    // What there is besides the manifest's, such as outputs that a step names, the README says.
    if (!own.startsWith('|')) return section;
    return { heading, text: joined(own, withoutTable(section, heading === 'Inputs' ? 'input' : 'output')) };
  });
  const missing = [...made].flatMap(([heading, text]) => (named.has(heading) ? [] : [{ heading, text }]));
  // Behind the inputs, if the README has a place for them: what stands before those explains them.
  const place = placed.findIndex(({ heading }) => heading === 'Inputs') + 1;
  const ordered = placed.toSpliced(place, 0, ...missing);
  return [
    `# ${title}\n`,
    `${withDescription(manifest.description, lead)}\n`,
    ...ordered.map(({ heading, text }) => `## ${heading}\n\n${text}\n`),
  ].join('\n');
}

/** The manifest's description first: it is what lists show, and what is approved. A README that begins with it isn't said twice. */
function withDescription(description: string, lead: string): string {
  const plain = (text: string): string => text.replaceAll('`', '').replaceAll(/\s+/gu, ' ').trim();
  return plain(lead).startsWith(plain(description).replace(/\.$/u, '')) ? lead : joined(description, lead);
}

const asked = 'Permissions, and why';

/** What the manifest says, by heading. */
function generated(manifest: PluginManifest): ReadonlyMap<string, string> {
  const { permissions, limits } = manifest;
  const bounds = [
    `it may take ${limits?.timeout ?? '10m'}`,
    ...(manifest.runtime === 'control' ? [] : [`and ${limits?.memory ?? '64MiB'} of memory`]),
  ];
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
      asked,
      manifest.runtime === 'control'
        ? 'None: the engine itself carries it out, and no code of a plugin runs.'
        : joined(permissionsOf(permissions ?? {}), `Unless the step says otherwise ${bounds.join(' ')}.`),
    ],
  ]);
}

/** Every word of it counts, so that all of them are there. */
function permissionsOf(permissions: NonNullable<PluginManifest['permissions']>): string {
  if (Object.keys(permissions).length === 0) return 'It asks for none.';
  const text = stringify({ permissions }, { aliasDuplicateObjects: false, lineWidth: 0 });
  return `Word for word:\n\n\`\`\`yaml\n${text}\`\`\``;
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

/** A section without the table that is made anew: the one that has a line for each input, or output. Others it keeps. */
function withoutTable({ text }: Section, head: string): string {
  const blocks = text.split(/\n{2,}/u);
  return blocks
    .filter((block) => !block.startsWith(`| ${head} |`))
    .join('\n\n')
    .trim();
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}
