import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PluginFile, readPluginManifest } from '../../runtime/manifest/index.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import type { AbsolutePath, Diagnostic } from '../../schemas/index.ts';
import { placeholder } from '../plugin-new/make-folder.ts';
import { templates } from '../plugin-new/templates.ts';
import { countText } from '../report/text.ts';

/** A plugin whose manifest was read, with its files. */
interface Described {
  readonly files: readonly PluginFile[];
  readonly manifest: PluginManifest;
  /** What a path is called in findings. */
  readonly shown: (path: string) => string;
}

/** What people read of a plugin, and the template's author wrote. */
const documents = ['README.md', 'workflow.yml'];

/**
 * The lines of a plugin's README and example that are still the template's, and speak of what the template's manifest has and this plugin's
 * hasn't any more: its description, an input, an output, a default, a file. One finding for each file.
 */
export function templateText(plugin: Described, templatesFolder: AbsolutePath): readonly Diagnostic[] {
  return documents.flatMap((path) => {
    const file = plugin.files.find((each) => each.path === path);
    if (file === undefined) return [];
    const lines = file.bytes.toString('utf8').split('\n');
    const found = templates.map(({ name }) =>
      staleLines(lines, { plugin, path, template: join(templatesFolder, name) }),
    );
    // The template that it was made of has most of its lines.
    const [stale] = found.sort((one, other) => other.same - one.same);
    const [first, ...others] = stale?.lines ?? [];
    if (first === undefined) return [];
    const more =
      others.length === 0
        ? ''
        : `; ${others.length === 1 ? 'so is' : 'so are'} ${countText(others.length, 'other line')}`;
    return [
      {
        code: 'PLUGIN_UNDOCUMENTED',
        severity: 'warning',
        file: plugin.shown(path),
        line: first.line,
        column: 1,
        message: `this is still the template's text: ${first.why}${more}`,
        remedy: 'Write what your plugin does, or remove it.',
      },
    ];
  });
}

interface StaleLines {
  /** How many lines are the template's. */
  readonly same: number;
  readonly lines: readonly { readonly line: number; readonly why: string }[];
}

function staleLines(
  lines: readonly string[],
  { plugin, path, template }: { readonly plugin: Described; readonly path: string; readonly template: string },
): StaleLines {
  const source = join(template, path);
  // Below an absolute folder.
  const read = existsSync(source) ? readPluginManifest(template as AbsolutePath) : { errors: [] };
  if ('errors' in read) return { same: 0, lines: [] };
  const text = readFileSync(source, 'utf8').replaceAll(placeholder, plugin.manifest.name);
  const written = new Set(text.split('\n').filter((line) => line.trim() !== ''));
  const same = lines.flatMap((line, index) => (written.has(line) ? [{ text: line, line: index + 1 }] : []));
  const sample = sampleOf(read.manifest, { plugin, template });
  const stale = same.flatMap(({ text: said, line }) => {
    const why = sample.find(({ isIn }) => isIn(said))?.why;
    return why === undefined ? [] : [{ line, why }];
  });
  return { same: same.length, lines: stale };
}

/** Something of the template's plugin that this one hasn't, and which lines speak of it. */
interface Sample {
  readonly isIn: (line: string) => boolean;
  readonly why: string;
}

function sampleOf(
  theirs: PluginManifest,
  { plugin, template }: { readonly plugin: Described; readonly template: string },
): readonly Sample[] {
  const { manifest, files } = plugin;
  const described: Sample = {
    isIn: (line) => theirs.description !== manifest.description && line.includes(theirs.description),
    why: "it isn't the manifest's description",
  };
  const inputs = Object.entries(theirs.inputs ?? {}).flatMap(([name, { default: value }]) => {
    const own = manifest.inputs?.[name];
    const named = new RegExp(String.raw`--input ${name}=|^\s+${name}:|\binputs\.${name}\b`, 'u');
    return [
      { isIn: (line: string) => own === undefined && named.test(line), why: `there is no input \`${name}\`` },
      {
        isIn: (line: string) => typeof value === 'string' && own?.['default'] !== value && line.includes(value),
        why: `\`${String(value)}\` is the default of no input`,
      },
    ];
  });
  const outputs = Object.keys(theirs.outputs ?? {}).map((name) => ({
    isIn: (line: string) => manifest.outputs?.[name] === undefined && line.includes(`.outputs.${name}`),
    why: `there is no output \`${name}\``,
  }));
  const named: Sample = {
    isIn: (line) =>
      [...line.matchAll(/`([\w./-]+)`/gu)].some(
        ([, path = '']) => existsSync(join(template, path)) && !hasPath(files, path),
      ),
    why: 'there is no such file',
  };
  return [described, ...inputs, ...outputs, named];
}

function hasPath(files: readonly PluginFile[], path: string): boolean {
  return files.some((file) => file.path === path || file.path.startsWith(path.endsWith('/') ? path : `${path}/`));
}
