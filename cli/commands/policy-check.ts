import type { PluginCatalogue } from '../../runtime/manifest/index.ts';
import { readPolicy } from '../../runtime/policy/index.ts';
import { type KnownPlugins, lintPolicy } from '../../runtime/policy/lint/index.ts';
import type { Diagnostic, PluginIdentity } from '../../schemas/index.ts';
import { openPlugins } from '../composition/plugins.ts';
import { exitCodes } from '../exit-codes.ts';
import { annotation } from '../report/annotations.ts';
import { countText, plainJson } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { printDiagnostics } from './diagnostics.ts';
import { readNamedFile } from './policy-file.ts';

interface CheckOptions {
  readonly plugins?: boolean;
  readonly json?: boolean;
  readonly github?: boolean;
}

/** Reports what is wrong in a policy (exit 2), what is a mistake (exit 1) and what is unusual (exit 0). */
export async function checkPolicy(terminal: Terminal, file: string, options: CheckOptions): Promise<number> {
  const text = readNamedFile(terminal, file, 'the policy');
  const read = readPolicy(text, file);
  const diagnostics: readonly Diagnostic[] =
    'errors' in read
      ? read.errors.map((error) => ({ ...error, severity: 'error' }))
      : lintPolicy(read.policy, text, await knownPlugins(openPlugins(terminal, []), options));
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const warnings = diagnostics.length - errors;
  if (options.json) {
    terminal.stdout.write(`${plainJson({ valid: errors === 0, diagnostics }, 2)}\n`);
  } else if (options.github) {
    for (const diagnostic of diagnostics) terminal.stdout.write(`${annotation(diagnostic)}\n`);
  } else {
    printDiagnostics(terminal, [{ text, diagnostics }], { json: false });
    const verdict = errors === 0 ? 'no errors' : countText(errors, 'error');
    terminal.stdout.write(`${file}: ${verdict}${warnings === 0 ? '' : `, ${countText(warnings, 'warning')}`}\n`);
  }
  if ('errors' in read) return exitCodes.usage;
  return errors === 0 ? exitCodes.ok : exitCodes.failed;
}

/** The plugins that rules can be for: names of built-in nodes always, all of the machine's where these are all. */
async function knownPlugins(plugins: PluginCatalogue, options: CheckOptions): Promise<KnownPlugins> {
  const builtIn = plugins.builtInNames;
  if (options.plugins !== true) return { builtIn, all: undefined };
  const all: PluginIdentity[] = [];
  for (const uses of plugins.nodes(undefined).names()) {
    const resolved = await plugins.resolve(uses, undefined);
    // Control nodes can't be loaded, and no rule is about them.
    if ('plugin' in resolved) all.push(resolved.plugin.identity);
  }
  return { builtIn, all };
}
