import type { ReportedManifest } from '../../agent/worker/protocol.ts';
import type { PluginCatalogue } from '../../runtime/manifest/index.ts';
import type { KnownPlugin } from '../../runtime/plugin.ts';
import type { Json, PluginIdentity } from '../../schemas/index.ts';

/** Of all manifests of an agent, in bytes of JSON: Temporal carries them, and whoever lists agents reads them. */
const mostManifests = 32 * 1024;

/** The plugins of a catalogue by their bytes; what can't be read isn't there. Nothing is compiled for it. */
export async function identitiesOf(plugins: PluginCatalogue): Promise<readonly PluginIdentity[]> {
  return (await identifyAll(plugins)).map(({ identity }) => identity);
}

/** What an agent tells of its plugins: which they are, and of those that didn't come with Waterflow what workflows must know. */
export async function reportOf(
  plugins: PluginCatalogue,
): Promise<{ readonly plugins: readonly PluginIdentity[]; readonly manifests: readonly ReportedManifest[] }> {
  const known = await identifyAll(plugins);
  const manifests: ReportedManifest[] = [];
  let left = mostManifests;
  for (const { identity, manifest, origin } of known) {
    const bytes = origin === 'built-in' ? 0 : Buffer.byteLength(JSON.stringify(manifest));
    if (origin === 'built-in' || bytes > left) continue;
    left -= bytes;
    // Read from YAML and checked: JSON.
    manifests.push({ digest: identity.digest, manifest: manifest as unknown as Json });
  }
  return { plugins: known.map(({ identity }) => identity), manifests };
}

async function identifyAll(plugins: PluginCatalogue): Promise<readonly KnownPlugin[]> {
  const resolved = await Promise.all(
    plugins.listed
      .filter(({ description }) => description.runtime !== 'control')
      .map(({ name, version }) => plugins.identify(`${name}@${version}`, undefined)),
  );
  return resolved.flatMap((one) => ('plugin' in one ? [one.plugin] : []));
}
