import { askedBy, askedInWords } from '../../runtime/install/asked.ts';
import { moreThan } from '../../runtime/install/changes.ts';
import { compareVersions } from '../../runtime/manifest/versions.ts';
import type { Approved } from '../../schemas/generated/lockfile.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import type { Catalogue, PluginUpdate, PluginView } from '../../server/catalogue.ts';

/** The catalogue, whose plugins say in words what they ask for, and what the newest version that is known would ask for beyond that. */
export function withUpdates(catalogue: Catalogue): Catalogue {
  return { ...catalogue, listPlugins: async () => told(await catalogue.listPlugins()) };
}

function told(plugins: readonly PluginView[]): readonly PluginView[] {
  const newest = new Map<string, PluginView>();
  for (const plugin of plugins) {
    const before = newest.get(plugin.name);
    // Nobody is offered a pre-release.
    if (plugin.version.includes('-') || (before !== undefined && !isAbove(plugin, before))) continue;
    newest.set(plugin.name, plugin);
  }
  return plugins.map((plugin) => {
    const asked = askedFor(plugin);
    const update = updateTo(newest.get(plugin.name), plugin, asked);
    return { ...plugin, asks: askedInWords(asked), ...(update === undefined ? {} : { update }) };
  });
}

function updateTo(newest: PluginView | undefined, plugin: PluginView, asked: Approved): PluginUpdate | undefined {
  if (newest === undefined || !isAbove(newest, plugin)) return undefined;
  // Entries are said in words: their fields are for those who install it.
  const more = moreThan(asked, askedFor(newest)).map(({ fields: _fields, ...change }) => change);
  return { version: newest.version, more };
}

function isAbove(one: PluginView, other: PluginView): boolean {
  return compareVersions(one.version, other.version) > 0;
}

/** A view has what a manifest says of this, as JSON. */
function askedFor({ permissions, inputs, limits }: PluginView): Approved {
  const said = { permissions, inputs, ...(limits === undefined ? {} : { limits }) };
  return askedBy(said as unknown as Pick<PluginManifest, 'permissions' | 'inputs' | 'limits'>);
}
