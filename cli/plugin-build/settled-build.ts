import { type PluginFile, readPluginFolder, sha256Of } from '../../runtime/manifest/index.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import type { Build, Builder, PluginProject } from './builder.ts';

/** A build, and what its sources held from before the compiler began until it had ended. */
export interface SettledBuild {
  readonly build: Build;
  /** SHA-256, lower-case hex, by path in the folder. */
  readonly digests: Readonly<Record<string, string>>;
}

/** A compiler that writes a lock file needs a second one; somebody who is still saving files, seldom a third. */
const mostBuilds = 4;

/**
 * Builds until no source changed meanwhile: only then can anybody say what the code was made of. Throws WaterflowFailure: BUILD_FAILED for
 * sources that don't come to rest or that are no part of the plugin, PLUGIN_INVALID for a folder that can't be a plugin's, and what the
 * builder throws.
 */
export async function buildSettled(builder: Builder, project: PluginProject): Promise<SettledBuild> {
  let before = digestsIn(project);
  for (let builds = 1; ; builds += 1) {
    const build = await builder.build(project);
    const now = digestsIn(project);
    const changed = build.sources.find((path) => before.get(keyOf(path)) !== now.get(keyOf(path)));
    if (changed === undefined) return { build, digests: digestsOf(build.sources, now) };
    if (builds === mostBuilds)
      throw failed(changed, 'it changes whenever the plugin is built', 'Let nothing write to it meanwhile.');
    before = now;
  }
}

type Digests = ReadonlyMap<string, string>;

function digestsIn({ folder }: PluginProject): Digests {
  return new Map(readPluginFolder(folder).map(({ path, bytes }: PluginFile) => [path, sha256Of(bytes)]));
}

/** As a folder's files are called everywhere. */
function keyOf(path: string): string {
  return path.normalize('NFC');
}

function digestsOf(sources: readonly string[], digests: Digests): Readonly<Record<string, string>> {
  return Object.fromEntries(
    sources.map((path) => {
      const digest = digests.get(keyOf(path));
      if (digest !== undefined) return [keyOf(path), digest];
      throw failed(
        path,
        'it lies in a folder that is no part of the plugin',
        'Move it, or remove the CACHEDIR.TAG there.',
      );
    }),
  );
}

function failed(path: string, what: string, remedy: string): WaterflowFailure {
  return new WaterflowFailure({ code: 'BUILD_FAILED', message: `${path}: ${what}`, remedy, file: path });
}
