import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readPluginManifest } from '../../runtime/manifest/index.ts';
import { type AbsolutePath, assertNever } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { printDiagnostics } from '../commands/diagnostics.ts';
import { builtInPlugins, openPlugins } from '../composition/plugins.ts';
import { openSupervisor } from '../composition/supervisor.ts';
import { exitCodes } from '../exit-codes.ts';
import { packageVersion } from '../package-root.ts';
import { templatesFolder } from '../plugin-new/templates.ts';
import { annotation } from '../report/annotations.ts';
import { sarifLog } from '../report/sarif.ts';
import { countText, plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { type ReadCases, readCaseFiles } from './case-files.ts';
import { checkCases } from './check-cases.ts';
import { type CheckedPlugin, checkPluginFolder } from './check-plugin.ts';
import { guestGlobals } from './guest-globals.ts';

/** `waterflow plugin check`'s options. */
export interface PluginCheckOptions {
  /** False with --no-cases. */
  readonly cases: boolean;
  readonly policy?: string;
  readonly json?: boolean;
  readonly sarif?: boolean;
  readonly github?: boolean;
}

/** Says what is wrong with a plugin. Exit 1 where something is an error, 2 where the manifest can't be read. */
export async function checkPlugin(terminal: Terminal, name: string, options: PluginCheckOptions): Promise<number> {
  const folder = resolve(terminal.cwd, name) as AbsolutePath; // resolve() gives an absolute path.
  if (!existsSync(join(folder, 'plugin.yaml'))) {
    throw usageError(`there is no plugin.yaml in ${name}`, "Name a plugin's folder.");
  }
  await using supervisor = await openSupervisor(terminal);
  const powers = {
    cwd: terminal.cwd,
    builtInNames: openPlugins(terminal, []).builtInNames,
    builtInFolder: builtInPlugins,
    templatesFolder,
    globals: await guestGlobals(supervisor),
  };
  const first = await checkPluginFolder(folder, { ...powers, needed: undefined });
  const isRunnable = !first.diagnostics.some(
    ({ code, severity }) => severity === 'error' || code === 'PLUGIN_NOT_BUILT',
  );
  const read = options.cases ? casesOf(terminal, folder) : undefined;
  const wrong = read !== undefined && 'wrong' in read ? read.wrong.flatMap(({ diagnostics }) => diagnostics) : [];
  const { findings: failed, needed } =
    read !== undefined && 'cases' in read && isRunnable
      ? await checkCases(terminal, { name, cases: read.cases, supervisor, policy: options.policy })
      : { findings: [], needed: undefined };
  const found = needed === undefined ? first : await checkPluginFolder(folder, { ...powers, needed });
  const checked = { ...found, diagnostics: [...found.diagnostics, ...wrong, ...failed] };
  report(terminal, name, { checked, form: formOf(options) });
  if (!checked.isManifest) return exitCodes.usage;
  return checked.diagnostics.some(({ severity }) => severity === 'error') ? exitCodes.failed : exitCodes.ok;
}

/** The cases of a plugin, or what is wrong with them; undefined where its manifest can't be read. */
function casesOf({ cwd }: Terminal, folder: AbsolutePath): ReadCases | undefined {
  const read = readPluginManifest(folder);
  return 'errors' in read ? undefined : readCaseFiles({ folder, manifest: read.manifest }, cwd);
}

type Form = 'people' | 'json' | 'sarif' | 'github';

function formOf({ json, sarif, github }: PluginCheckOptions): Form {
  return json === true ? 'json' : sarif === true ? 'sarif' : github === true ? 'github' : 'people';
}

function report(
  terminal: Terminal,
  name: string,
  { checked, form }: { readonly checked: CheckedPlugin; readonly form: Form },
): void {
  const { diagnostics, texts } = checked;
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  switch (form) {
    case 'json':
      return terminal.stdout.write(`${plainJson({ valid: errors === 0, diagnostics }, 2)}\n`);
    case 'sarif': {
      const log = sarifLog(diagnostics, { version: packageVersion(import.meta.url), cwd: terminal.cwd });
      return terminal.stdout.write(`${plainJson(log, 2)}\n`);
    }
    case 'github':
      return terminal.stdout.write(diagnostics.map((diagnostic) => `${annotation(diagnostic)}\n`).join(''));
    case 'people': {
      printDiagnostics(terminal, [{ text: '', diagnostics, called: texts }], { json: false });
      const warnings = diagnostics.length - errors;
      const verdict = errors === 0 ? 'no errors' : countText(errors, 'error');
      const more = warnings === 0 ? '' : `, ${countText(warnings, 'warning')}`;
      return terminal.stdout.write(`${plainLine(name)}: ${verdict}${more}\n`);
    }
    default:
      return assertNever(form);
  }
}
