import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import { watch } from 'chokidar';
import type { AbsolutePath } from '../../schemas/index.ts';

/** What has changed in a folder since the last time, absolute paths. */
export interface Changes {
  readonly workflows: readonly string[];
  /** Folders of plugins. */
  readonly plugins: readonly string[];
}

/** Editors write several times when they save once. */
const gatherMs = 60;

/** Nothing below these is anybody's workflow or source: dependencies, what was built, and what begins with a dot. */
const passedOver = /^(?:node_modules|dist|coverage|target|\..+)$/u;

/** Calls back with the workflows and plugins of a folder that have changed, until it is disposed of. Resolves when it watches. */
export async function watchFolder(folder: AbsolutePath, changed: (changes: Changes) => void): Promise<AsyncDisposable> {
  return await watchPaths(folder, (paths) => {
    const changes = changesOf(folder, paths);
    if (changes.workflows.length > 0 || changes.plugins.length > 0) changed(changes);
  });
}

/** Calls back with the paths that have changed in a folder, all that were saved together at once. Resolves when it watches. */
export async function watchPaths(
  folder: AbsolutePath,
  changed: (paths: readonly string[]) => void,
): Promise<AsyncDisposable> {
  const isPassedOver = (path: string): boolean =>
    relative(folder, path)
      .split(sep)
      .some((part) => passedOver.test(part));
  const watcher = watch(folder, { ignoreInitial: true, ignored: isPassedOver });
  const paths = new Set<string>();
  const added = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    // Editors write beside a file what they then put in its place.
    const together = [...paths].filter((path) => !added.has(path) || existsSync(path));
    for (const each of [paths, added]) each.clear();
    if (together.length > 0) changed(together);
  };
  watcher.on('all', (event, path) => {
    paths.add(path);
    if (event === 'add') added.add(path);
    clearTimeout(timer);
    timer = setTimeout(tell, gatherMs);
  });
  await new Promise<void>((resolve, reject) => watcher.once('ready', resolve).once('error', reject));
  return {
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      await watcher.close();
    },
  };
}

/** Sorts paths into workflows and plugins; what is neither is nothing. */
function changesOf(folder: string, paths: readonly string[]): Changes {
  const plugins = new Set<string>();
  const workflows: string[] = [];
  for (const path of paths) {
    const plugin = pluginAround(folder, path);
    if (plugin !== undefined) plugins.add(plugin);
    else if (isWorkflow(path)) workflows.push(path);
  }
  return { workflows, plugins: [...plugins] };
}

/** The innermost folder with a manifest that a path lies in. */
function pluginAround(folder: string, path: string): string | undefined {
  for (let inside = dirname(path); inside.startsWith(folder); inside = dirname(inside)) {
    if (existsSync(join(inside, 'plugin.yaml')) || basename(path) === 'plugin.yaml') return inside;
    if (inside === folder) return undefined;
  }
  return undefined;
}

function isWorkflow(path: string): boolean {
  if (!['.yml', '.yaml'].includes(extname(path)) || !existsSync(path)) return false;
  return /^(?:jobs|on|"on"|'on')\s*:/mu.test(readFileSync(path, 'utf8'));
}
