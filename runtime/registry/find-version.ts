import { didYouMean } from '../../dsl/did-you-mean.ts';
import type { IndexedPackage } from '../../schemas/generated/registry.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import { inRange, type Uses } from '../manifest/uses.ts';
import { compareVersions } from '../manifest/versions.ts';
import type { Registry } from './client.ts';

/** What of a registry can be named. */
export type RegistryUses = Extract<Uses, { readonly kind: 'range' | 'version' | 'digest' }>;

/** The highest version of a registry that is meant; `text` is how it was written. Throws PLUGIN_NOT_FOUND. */
export function findVersion(
  { packages, location }: Pick<Registry, 'packages' | 'location'>,
  uses: RegistryUses,
  text: string,
): IndexedPackage {
  const named = packages.filter(({ name }) => name === uses.name);
  const found = named
    .filter((each) => isMeant(each, uses))
    .toSorted((one, other) => compareVersions(one.version, other.version))
    .at(-1);
  if (found !== undefined) return found;
  const versions = named.map(({ version }) => version).join(', ');
  const guess = didYouMean(
    uses.name,
    packages.map(({ name }) => name),
  );
  throw new WaterflowFailure({
    code: 'PLUGIN_NOT_FOUND',
    message:
      versions === ''
        ? `\`${text}\`: ${location} has no plugin \`${uses.name}\``
        : `\`${text}\`: ${location} has no such version of ${uses.name}, only ${versions}`,
    remedy:
      versions === '' && guess !== undefined
        ? `Did you mean \`${guess}\`?`
        : 'See `waterflow plugin search` for what there is.',
  });
}

function isMeant({ version, digest }: IndexedPackage, uses: RegistryUses): boolean {
  switch (uses.kind) {
    case 'range':
      return inRange(version, uses.prefix);
    case 'version':
      return version === uses.version;
    default:
      return digest === uses.digest;
  }
}
