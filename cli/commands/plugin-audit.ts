import {
  type Audited,
  type AuditFinding,
  askedBy,
  askedInWords,
  audit,
  interruption,
  inventory,
  readLockfile,
} from '../../runtime/install/index.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import { findInstallation, type InstallationFlags } from '../composition/installation.ts';
import { openNamedRegistry, type RegistryFlags } from '../composition/registry.ts';
import { openTrust } from '../composition/trust.ts';
import { exitCodes } from '../exit-codes.ts';
import { askedLines } from '../report/asked.ts';
import { createStyle, type Style } from '../report/style.ts';
import { plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { inventoriedJson, noPluginsText, signersText } from './plugin-list.ts';

/** `waterflow plugin audit`'s options. */
export interface AuditOptions extends InstallationFlags, RegistryFlags {
  readonly trust?: string;
  readonly json?: boolean;
}

/** Says of each installed plugin who signed it, what it may do and what is wrong with it; the exit code is 1 where something is. */
export async function auditPlugins(terminal: Terminal, options: AuditOptions): Promise<number> {
  const installation = findInstallation(terminal, options);
  const trust = openTrust(terminal, options.trust);
  await using registry = await registryToCompare(terminal, options);
  const lockfile = readLockfile(installation.lockfile);
  const plugins = audit(await inventory(installation.folder, lockfile), {
    trust,
    now: terminal.now(),
    available: registry?.packages ?? [],
  });
  const general = interruption(lockfile);
  if (plugins.length === 0) terminal.stderr.write(noPluginsText(installation));
  if (options.json === true) writeJson(terminal, plugins, general);
  else writeText(terminal, plugins, general);
  const findings = [...general, ...plugins.flatMap((plugin) => plugin.findings)];
  return findings.some(({ severity }) => severity === 'wrong') ? exitCodes.failed : exitCodes.ok;
}

/** What is newer is a note of an audit: a registry that only the environment names may be out of reach, which is said, and the rest is told. */
async function registryToCompare(
  terminal: Terminal,
  options: AuditOptions,
): Promise<Awaited<ReturnType<typeof openNamedRegistry>>> {
  try {
    return await openNamedRegistry(terminal, options);
  } catch (cause) {
    const isNamed = options.registry !== undefined || options.registryKey !== undefined;
    if (isNamed || !(cause instanceof WaterflowFailure)) throw cause;
    const { code, message } = cause.error;
    terminal.stderr.write(`${plainLine(`what is newer isn't known: ${message} [${code}]`)}\n`);
    return undefined;
  }
}

function writeJson({ stdout }: Terminal, plugins: readonly Audited[], general: readonly AuditFinding[]): void {
  for (const finding of general) stdout.write(`${plainJson({ type: 'finding', ...finding })}\n`);
  for (const plugin of plugins) {
    const findings = plugin.findings.map((finding) => ({ ...finding }));
    stdout.write(`${plainJson({ type: 'plugin', ...inventoriedJson(plugin), findings })}\n`);
  }
}

function writeText({ stdout }: Terminal, plugins: readonly Audited[], general: readonly AuditFinding[]): void {
  const style = createStyle(stdout);
  const lines = [
    ...general.flatMap((finding) => findingLines(finding, style)),
    ...plugins.flatMap((plugin) => ['', ...pluginLines(plugin, style)]),
    '',
    summaryOf(plugins, general),
  ];
  stdout.write(`${lines.join('\n').trimStart()}\n`);
}

function pluginLines({ folder, locked, disk, state, findings }: Audited, style: Style): readonly string[] {
  const asked = disk === undefined ? [] : askedInWords(askedBy(disk.manifest));
  return [
    `${style.bold(plainLine(folder))}  ${state}`,
    ...(locked === undefined ? [] : [`  signed by ${signersText(locked)}; ${sourceText(locked.source)}`]),
    ...(disk === undefined ? [] : [`  ${disk.digest}`]),
    ...(disk !== undefined && asked.length === 0 ? ['  asks for nothing'] : []),
    ...askedLines(asked, style).map((line) => `  ${line}`),
    ...findings.flatMap((finding) => findingLines(finding, style)).map((line) => `  ${line}`),
  ];
}

function findingLines({ severity, finding, message, remedy, code }: AuditFinding, style: Style): readonly string[] {
  const word = `${severity}: ${finding}${code === undefined ? '' : ` [${code}]`}`;
  return [
    `${style.status(severity === 'wrong' ? 'failure' : 'waiting', word)}: ${plainLine(message)}`,
    `  remedy: ${plainLine(remedy)}`,
  ];
}

function sourceText({ file, registry }: { readonly file?: string; readonly registry?: string }): string {
  if (registry !== undefined) return `from the registry ${plainLine(registry)}`;
  return file === undefined ? 'from nowhere that is known' : `from ${plainLine(file)}`;
}

function summaryOf(plugins: readonly Audited[], general: readonly AuditFinding[]): string {
  const findings = [...general, ...plugins.flatMap((plugin) => plugin.findings)];
  const wrong = findings.filter(({ severity }) => severity === 'wrong').length;
  const count = `${plugins.length} plugin${plugins.length === 1 ? '' : 's'}`;
  return `${count}, ${wrong === 0 ? 'nothing' : wrong} wrong, ${findings.length - wrong} to note`;
}
