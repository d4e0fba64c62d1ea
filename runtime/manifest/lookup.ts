import { basename } from 'node:path';
import type { AbsolutePath } from '../../schemas/index.ts';
import type { Shelf, ShelvedPlugin } from './shelf.ts';
import { inRange } from './uses.ts';
import { compareVersions } from './versions.ts';

/** The plugin of a name in the highest version of a range, or in exactly one version. */
export function findShelved(
  plugins: readonly ShelvedPlugin[],
  uses: { readonly name: string; readonly prefix?: readonly number[]; readonly version?: string },
): ShelvedPlugin | undefined {
  const named = plugins.filter(({ name }) => name === uses.name);
  if (uses.version !== undefined) return named.find(({ manifest }) => manifest.version === uses.version);
  const { prefix = [] } = uses;
  return named
    .filter(({ manifest }) => inRange(manifest.version, prefix))
    .sort((left, right) => compareVersions(left.manifest.version, right.manifest.version))
    .at(-1);
}

/** The best ways to name each plugin. */
export function namesOf(plugins: readonly ShelvedPlugin[]): readonly string[] {
  return [...new Set(plugins.map(({ manifest }) => `${manifest.name}@v${manifest.version.split('.')[0]}`))];
}

/** What to say of a name that no plugin has, or that none has in that version. Folders are named to who is on this machine, and has a workflow in a folder of it. */
export function missingReason(
  name: string,
  { plugins, broken, searched }: Shelf,
  workflowFolder: AbsolutePath | undefined,
): string {
  const versions = plugins.filter((plugin) => plugin.name === name).map(({ manifest }) => manifest.version);
  if (versions.length > 0) return `there is no such version of ${name}, only ${versions.join(', ')}`;
  // A folder is called as its plugin, or as what was installed there.
  const refused = broken.find(({ folder }) => basename(folder) === name || basename(folder).startsWith(`${name}@`));
  if (refused !== undefined) return `the plugin in ${refused.folder} is refused: ${refused.errors[0]?.message}`;
  const isNamed = searched !== undefined && workflowFolder !== undefined;
  const where = isNamed ? `here: none comes with Waterflow, and none lies in ${searched}` : 'here';
  return `there is no plugin \`${name}\` ${where}`;
}

/** Why a plugin beside the workflow can't be called like a built-in node: a policy's rule for the node would be for it, too. */
export function nameTaken(name: string): { readonly message: string; readonly remedy: string } {
  return {
    message: `\`${name}\` is the name of a node that comes with Waterflow`,
    remedy: 'Give the plugin another `name` in its plugin.yaml.',
  };
}

/** A third-party plugin that calls itself like a built-in node is not found under that name. */
export function withoutNames(
  plugins: readonly ShelvedPlugin[],
  taken: readonly ShelvedPlugin[],
): readonly ShelvedPlugin[] {
  const names = new Set(taken.map(({ name }) => name));
  return plugins.filter(({ name }) => !names.has(name));
}
