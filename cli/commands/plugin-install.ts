import { askedInWords, clearStaging, type Installation, nameOf, place, recover } from '../../runtime/install/index.ts';
import { refused } from '../../runtime/packages/refused.ts';
import type { Registry } from '../../runtime/registry/index.ts';
import { askYes } from '../ask.ts';
import { usageError } from '../command.ts';
import { findInstallation, type InstallationFlags, lockInstallation } from '../composition/installation.ts';
import { builtInNames, forgetPlugins } from '../composition/plugins.ts';
import { openNamedRegistry, type RegistryFlags } from '../composition/registry.ts';
import { openTrust } from '../composition/trust.ts';
import { exitCodes } from '../exit-codes.ts';
import { type Considered, type ConsiderTools, consider } from '../install/consider.ts';
import { findPackage } from '../install/sources.ts';
import { storing } from '../install/storing.ts';
import { consideredLines } from '../report/considered.ts';
import { createStyle } from '../report/style.ts';
import { plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow plugin install`'s options. */
export interface InstallOptions extends InstallationFlags, RegistryFlags {
  readonly trust?: string;
  readonly approve: readonly string[];
  readonly yes?: boolean;
  readonly allowUnsigned?: boolean;
  readonly allowDowngrade?: boolean;
  readonly json?: boolean;
}

/** Installs packages, all that are named or none; gives the exit code. */
export async function installPlugins(
  terminal: Terminal,
  names: readonly string[],
  options: InstallOptions,
): Promise<number> {
  const installation = findInstallation(terminal, options);
  const trust = openTrust(terminal, options.trust);
  await using registry = await openNamedRegistry(terminal, options);
  using _lock = lockInstallation(installation);
  return await storing(installation.folder, async () => {
    const lockfile = recover(installation);
    try {
      const considered = await considerAll(terminal, names, {
        registry,
        tools: {
          lockfile,
          installation,
          trust,
          now: terminal.now(),
          builtIn: builtInNames(),
          unsigned: options.allowUnsigned === true ? 'allowed' : 'refused',
          downgrade: options.allowDowngrade === true ? 'allowed' : 'refused',
        },
      });
      await requireApproval(terminal, considered, options);
      const placed = considered.flatMap(({ locked, staged, decision: { replaces } }) =>
        staged === undefined ? [] : [{ locked, staged, replaces }],
      );
      if (placed.length > 0) place(installation, lockfile, placed);
      // Whoever opens them from now on finds these.
      forgetPlugins(terminal);
      report(terminal, considered, options);
      tellWhereRunsLook(terminal, installation);
      return exitCodes.ok;
    } finally {
      clearStaging(installation.folder);
    }
  });
}

async function considerAll(
  terminal: Terminal,
  names: readonly string[],
  from: { readonly registry: Registry | undefined; readonly tools: Omit<ConsiderTools, 'others'> },
): Promise<readonly Considered[]> {
  const considered: Considered[] = [];
  // One after another: each may take the memory of the largest.
  for (const name of names) {
    const others = considered.map(({ locked }) => locked.name);
    considered.push(await consider(await findPackage(terminal, name, from.registry), { ...from.tools, others }));
  }
  requireEachOnce(considered);
  return considered;
}

function requireEachOnce(considered: readonly Considered[]): void {
  const names = considered.map(({ locked }) => locked.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw usageError(`${twice} is named twice`, 'Install one version of it after the other.');
}

/** Shows what somebody has to say yes to, and asks them. Throws PLUGIN_UNAPPROVED where nobody does. */
async function requireApproval(
  terminal: Terminal,
  considered: readonly Considered[],
  { yes, approve, json: isJson }: InstallOptions,
): Promise<void> {
  const asking = considered.filter(needsYes);
  const style = createStyle(terminal.stderr);
  // What is less than before needs no yes, and is to be seen all the same.
  const shown = considered.filter((each) => needsYes(each) || isLess(each));
  for (const each of shown) terminal.stderr.write(`${consideredLines(each, style).join('\n')}\n\n`);
  const cut = approve.find((word) => !/^sha256:[0-9a-f]{64}$/u.test(word));
  if (cut !== undefined) {
    throw usageError(
      `--approve ${cut}: that is no whole digest`,
      'Give all of it, as `waterflow plugin verify` prints it: sha256: and 64 digits.',
    );
  }
  const open = asking.filter(({ locked }) => yes !== true && !approve.includes(locked.digest));
  if (open.length === 0) return;
  const named = open.map(({ locked }) => `${locked.name} ${locked.version}`).join(', ');
  if (await askYes(terminal, `Let ${named} do that?`)) return;
  if (isJson === true) writeJson(terminal, considered, open);
  const digests = open.map(({ locked }) => locked.digest).join(', ');
  throw refused(
    'PLUGIN_UNAPPROVED',
    terminal.answer === undefined
      ? `nobody has approved what ${named} ${open.length === 1 ? 'asks' : 'ask'} for (${digests})`
      : `${named}: not approved, so nothing is installed`,
  );
}

function needsYes({ staged, decision }: Considered): boolean {
  return staged !== undefined && decision.asks;
}

function isLess({ staged, decision }: Considered): boolean {
  return staged !== undefined && decision.less.length > 0;
}

function report(terminal: Terminal, considered: readonly Considered[], { json }: InstallOptions): void {
  if (json === true) return writeJson(terminal, considered, []);
  for (const each of considered) {
    const { locked } = each;
    const note = locked.signers.length === 0 ? ' (not signed)' : '';
    terminal.stdout.write(`${actionOn(each)} ${nameOf(locked)} ${locked.digest}${note}\n`);
  }
  return undefined;
}

/** Into a folder that `--dir` names alone: nothing that runs looks there by itself. */
function tellWhereRunsLook(terminal: Terminal, { folder }: Pick<Installation, 'folder'>): void {
  const searched = findInstallation(terminal, {}).folder;
  if (searched === folder) return;
  const words = `runs look for plugins in ${searched}: set PLUGIN_DIR=${folder} where they are to find these`;
  terminal.stderr.write(`${plainLine(words)}\n`);
}

/** The same lines whether it is installed or not: what is refused says what it asks for, so that a program can show it. */
function writeJson({ stdout }: Terminal, considered: readonly Considered[], unapproved: readonly Considered[]): void {
  for (const each of considered) {
    const { locked, decision } = each;
    // Where one isn't approved, none is installed.
    const action = unapproved.includes(each) ? 'unapproved' : unapproved.length > 0 ? 'refused' : actionOn(each);
    const result = {
      name: locked.name,
      version: locked.version,
      digest: locked.digest,
      action,
      replaces: decision.replaces,
      signers: locked.signers,
      source: locked.source,
      asks_for: askedInWords(locked.approved).map((asked) => ({ ...asked })),
      more: decision.more.map((change) => ({ ...change })),
      less: decision.less.map((change) => ({ ...change })),
    };
    stdout.write(`${plainJson(result)}\n`);
  }
}

function actionOn({ staged, locked, decision: { before } }: Considered): string {
  if (staged === undefined) return 'unchanged';
  if (before === undefined) return 'installed';
  return before.version === locked.version ? 'restored' : 'updated';
}
