import { join, relative, resolve } from 'node:path';
import { readPluginManifest } from '../../runtime/manifest/index.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { builtInNames } from '../composition/plugins.ts';
import { exitCodes } from '../exit-codes.ts';
import { makeFolder } from '../plugin-new/make-folder.ts';
import { wrongName } from '../plugin-new/names.ts';
import { type Template, templates, templatesFolder } from '../plugin-new/templates.ts';
import { isTyped } from '../plugin-types/type-files.ts';
import { writeTypes } from '../plugin-types/write-types.ts';
import { plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow plugin new`'s options. */
export interface PluginNewOptions {
  readonly template?: string;
  readonly dir?: string;
  readonly json?: boolean;
}

/** Makes a folder with a complete plugin to begin with, and says what to do next. It needs no network. */
export async function pluginNew(terminal: Terminal, name: string, options: PluginNewOptions): Promise<number> {
  const wrong = wrongName(name, new Set(builtInNames()));
  if (wrong !== undefined)
    throw usageError(wrong.message, `Take another, for example: waterflow plugin new ${wrong.proposal}`);
  const template = await chosenTemplate(terminal, options);
  // Both: below the package's root, and as resolve() gives it.
  const source = join(templatesFolder, template.name) as AbsolutePath;
  const folder = resolve(terminal.cwd, options.dir ?? name) as AbsolutePath;
  const copied = makeFolder({ template: source, folder, name });
  const files = [...copied, ...typesOf(folder)].sort();
  const place = relative(terminal.cwd, folder) || '.';
  const next = [`cd ${/^[\w./+-]+$/.test(place) ? place : `'${place.replaceAll("'", "'\\''")}'`}`, ...template.next];
  if (options.json === true) {
    terminal.stdout.write(`${plainJson({ name, template: template.name, folder, files, next })}\n`);
    return exitCodes.ok;
  }
  terminal.stdout.write(`${plainLine(`${place}: ${files.length} files, a plugin in ${template.name}. Next:`)}\n`);
  for (const command of next) terminal.stdout.write(`${plainLine(`  ${command}`)}\n`);
  return exitCodes.ok;
}

/** For a plugin in TypeScript, what its editor and compiler go by. */
function typesOf(folder: AbsolutePath): readonly string[] {
  const read = readPluginManifest(folder);
  return 'manifest' in read && isTyped(read.manifest) ? writeTypes(folder, read.manifest) : [];
}

async function chosenTemplate(terminal: Terminal, options: PluginNewOptions): Promise<Template> {
  const wanted = options.template ?? (await askedTemplate(terminal));
  const index = /^\d+$/.test(wanted) && options.template === undefined ? Number(wanted) - 1 : undefined;
  const template = index === undefined ? templates.find((each) => each.name === wanted) : templates[index];
  if (template !== undefined) return template;
  throw usageError(`there is no template \`${wanted}\``, choices());
}

/** Asks a person; where nobody sits there, says what to give. */
async function askedTemplate(terminal: Terminal): Promise<string> {
  if (terminal.answer === undefined) throw usageError('the template is missing', choices());
  const longest = Math.max(...templates.map(({ name }) => name.length));
  for (const [index, { name, description }] of templates.entries())
    terminal.stderr.write(`${plainLine(`  ${index + 1}  ${name.padEnd(longest)}  ${description}`)}\n`);
  terminal.stderr.write(`Which one (1 to ${templates.length}, or its name)? `);
  const answer = (await terminal.answer())?.trim() ?? '';
  if (answer === '') throw usageError('no template was chosen', choices());
  return answer;
}

function choices(): string {
  return `Give --template with one of ${templates.map(({ name }) => name).join(', ')}.`;
}
