import type { PluginCatalogue } from '../../runtime/manifest/index.ts';
import type { PluginIdentity } from '../../schemas/index.ts';

/** The plugins of a catalogue by their bytes; what can't be loaded isn't there. */
export async function identitiesOf(plugins: PluginCatalogue): Promise<readonly PluginIdentity[]> {
  const resolved = await Promise.all(
    plugins.listed
      .filter(({ description }) => description.runtime !== 'control')
      .map(({ name, version }) => plugins.resolve(`${name}@${version}`, undefined)),
  );
  return resolved.flatMap((one) => ('plugin' in one ? [one.plugin.identity] : []));
}
