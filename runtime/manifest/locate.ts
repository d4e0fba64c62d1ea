import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { didYouMean } from '../../dsl/did-you-mean.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import { type AbsolutePath, assertNever, type WaterflowError } from '../../schemas/index.ts';
import type { KnownPlugin } from '../plugin.ts';
import { manifestFile } from './load.ts';

/** What it is easily called instead. */
const otherName = 'plugin.yml';
import { findShelved, missingReason, namesOf } from './lookup.ts';
import type { Shelf, ShelvedPlugin } from './shelf.ts';
import { parseUses } from './uses.ts';

/** A plugin that is to be loaded, and what it is before anybody approves it. */
export interface Found {
  readonly folder: AbsolutePath;
  readonly origin: 'built-in' | 'installed' | 'local';
  /** As it was read with all the others. Absent: it is read when it is asked for. */
  readonly manifest?: PluginManifest;
}

/** Where a plugin is looked for. */
export interface Place {
  readonly shelf: Shelf;
  readonly shelved: ReadonlyMap<ShelvedPlugin, Found['origin']>;
  /** Where `./folder` begins. */
  readonly workflowFolder: AbsolutePath | undefined;
  readonly identify: (uses: string, found: Found) => Promise<KnownPlugin>;
}

/** Finds what `uses:` names, as far as a manifest or, where it names bytes, a digest can tell. Errors: PLUGIN_NOT_FOUND. */
export async function locate(
  text: string,
  place: Place,
): Promise<{ readonly found: Found } | { readonly error: WaterflowError }> {
  const uses = parseUses(text);
  const found = ({ folder, manifest }: ShelvedPlugin, origin: Found['origin']): { readonly found: Found } => ({
    found: { folder, origin, manifest },
  });
  switch (uses.kind) {
    case 'invalid':
      return { error: notFound(text, uses.why, 'Correct `uses:`.') };
    case 'folder': {
      if (place.workflowFolder === undefined) {
        return { error: notFound(text, 'there is no workflow file that it could lie beside', 'Install the plugin.') };
      }
      // join() of a normalized absolute path and names without `..` is one too.
      const folder = join(place.workflowFolder, uses.path) as AbsolutePath;
      if (existsSync(join(folder, manifestFile))) return { found: { folder, origin: 'local' } };
      return {
        error: notFound(
          text,
          `there is no ${manifestFile} in that folder`,
          existsSync(join(folder, otherName))
            ? `Rename its ${otherName} to ${manifestFile}.`
            : "Correct the path to the plugin's folder; in a workflow it counts from the workflow file.",
        ),
      };
    }
    case 'range':
    case 'version': {
      const plugin = findShelved(place.shelf.plugins, uses);
      const origin = plugin === undefined ? undefined : place.shelved.get(plugin);
      if (plugin !== undefined && origin !== undefined) return found(plugin, origin);
      return { error: missingPlugin(text, uses.name, place) };
    }
    case 'digest': {
      for (const [plugin, origin] of place.shelved) {
        if (plugin.name !== uses.name || plugin.manifest.runtime === 'control') continue;
        const loaded = await place.identify(text, { folder: plugin.folder, origin, manifest: plugin.manifest });
        if (loaded.identity.digest === uses.digest) return found(plugin, origin);
      }
      return { error: missingPlugin(text, uses.name, place) };
    }
    default:
      return assertNever(uses);
  }
}

function missingPlugin(
  uses: string,
  name: string,
  { shelf, workflowFolder }: Pick<Place, 'shelf' | 'workflowFolder'>,
): WaterflowError {
  const names = namesOf(shelf.plugins);
  const guess = didYouMean(uses, names) ?? names.find((known) => known.startsWith(`${name}@`));
  return notFound(
    uses,
    missingReason(name, shelf, workflowFolder),
    guess === undefined ? `There are ${names.join(', ')}.` : `Did you mean \`${guess}\`?`,
  );
}

function notFound(uses: string, why: string, remedy: string): WaterflowError {
  return { code: 'PLUGIN_NOT_FOUND', message: `\`${uses}\`: ${why}`, remedy };
}
