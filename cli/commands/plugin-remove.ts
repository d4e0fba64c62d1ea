import { didYouMean } from '../../dsl/did-you-mean.ts';
import { nameOf, recover, remove } from '../../runtime/install/index.ts';
import type { Locked, Lockfile } from '../../schemas/generated/lockfile.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import { findInstallation, type InstallationFlags, lockInstallation } from '../composition/installation.ts';
import { forgetPlugins } from '../composition/plugins.ts';
import { exitCodes } from '../exit-codes.ts';
import { storing } from '../install/storing.ts';
import { plainJson } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** `waterflow plugin remove`'s options. */
export interface RemoveOptions extends InstallationFlags {
  readonly json?: boolean;
}

/** Removes plugins and what was approved for them: every version of a name, or one; gives the exit code. */
export async function removePlugins(
  terminal: Terminal,
  names: readonly string[],
  options: RemoveOptions,
): Promise<number> {
  const installation = findInstallation(terminal, options);
  using _lock = lockInstallation(installation);
  const found = await storing(installation.folder, () => {
    const lockfile = recover(installation);
    const named = [...new Set(names.flatMap((name) => lockedAs(name, lockfile, installation.folder)))];
    remove(installation, lockfile, named);
    return named;
  });
  forgetPlugins(terminal);
  for (const locked of found) {
    const { name, version, digest } = locked;
    if (options.json === true) terminal.stdout.write(`${plainJson({ name, version, digest, action: 'removed' })}\n`);
    else terminal.stdout.write(`removed ${nameOf(locked)} ${digest}\n`);
  }
  return exitCodes.ok;
}

function lockedAs(text: string, { plugins }: Lockfile, folder: string): readonly Locked[] {
  const found = plugins.filter((locked) => locked.name === text || nameOf(locked) === text);
  if (found.length > 0) return found;
  const guess = didYouMean(text, [...plugins.map(({ name }) => name), ...plugins.map(nameOf)]);
  throw new WaterflowFailure({
    code: 'PLUGIN_NOT_FOUND',
    message: `\`${text}\` is not installed in ${folder}`,
    remedy: guess === undefined ? 'See `waterflow plugin list` for what is.' : `Did you mean \`${guess}\`?`,
  });
}
