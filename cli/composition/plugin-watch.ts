import { existsSync, type FSWatcher, watch as watchEntries } from 'node:fs';
import { watch } from 'chokidar';
import type { Logger } from 'winston';
import { assertNever } from '../../schemas/index.ts';
import type { Terminal } from '../terminal.ts';
import { loadInstalled, type PluginChange, reloadPlugins } from './plugin-reload.ts';
import { openPlugins, pluginFolder } from './plugins.ts';

/** A file that has not grown for so long is whole, in ms: whoever copies a plugin writes one file after the other. */
const settledMs = 200;
/** All that is copied within so long after each other is one change, in ms. */
const gatherMs = 300;

/**
 * Follows the plugin folder until it is disposed of: what changes there is verified, loaded and used by whatever begins from then on, and
 * the log says so. `changed` is told after each change. A folder that isn't there when this begins isn't followed.
 */
export async function watchPlugins(
  terminal: Terminal,
  log: Logger,
  changed: () => Promise<void> = async () => {},
): Promise<AsyncDisposable> {
  const folder = pluginFolder(terminal);
  if (!existsSync(folder)) return { [Symbol.asyncDispose]: async () => {} };
  // What runs from now on keeps what was there at its beginning.
  const { refused } = await loadInstalled(openPlugins(terminal, []));
  for (const { error } of refused) tell(log, { change: 'refused', error });
  const following = new FolderEvents(folder);
  let work: Promise<void> = Promise.resolve();
  const reload = async (): Promise<void> => {
    // What changes from here on is the next change.
    await following.renew();
    const changes = await reloadPlugins(terminal);
    for (const change of changes) tell(log, change);
    if (changes.some(({ change }) => change !== 'refused')) await changed();
  };
  await following.begin(() => {
    work = work.then(reload).catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      log.error('the plugin folder could not be read again; what was loaded before goes on', { folder, reason });
    });
  });
  return {
    async [Symbol.asyncDispose]() {
      await following[Symbol.asyncDispose]();
      await work;
    },
  };
}

/**
 * Tells that something in a folder has changed. chokidar 6 follows the files of a folder by its inode, and sees nothing of another folder that
 * is put in its place at once; so what is put into the plugin folder itself is watched for apart, and all of it anew after each change.
 */
class FolderEvents implements AsyncDisposable {
  readonly #folder: string;
  #entries: FSWatcher | undefined;
  #files: ReturnType<typeof watch> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #tell: () => void = () => {};

  constructor(folder: string) {
    this.#folder = folder;
  }

  async begin(told: () => void): Promise<void> {
    this.#tell = told;
    this.#entries = watchEntries(this.#folder, () => this.#soon());
    // The folder itself went away: what was loaded goes on.
    this.#entries.on('error', () => this.#soon());
    await this.renew();
  }

  /** Follows what the folder holds now. */
  async renew(): Promise<void> {
    const before = this.#files;
    const awaitWriteFinish = { stabilityThreshold: settledMs, pollInterval: 50 };
    const files = watch(this.#folder, { ignoreInitial: true, awaitWriteFinish });
    this.#files = files;
    files.on('all', () => this.#soon());
    await new Promise<void>((resolve, reject) => files.once('ready', resolve).once('error', reject));
    await before?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    this.#tell = () => {};
    this.#entries?.close();
    await this.#files?.close();
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(), gatherMs);
  }
}

function tell(log: Logger, one: PluginChange): void {
  switch (one.change) {
    case 'loaded':
    case 'changed':
    case 'removed': {
      const { name, version, digest } = one.plugin;
      return void log.info(`plugin ${name}@${version} was ${one.change}`, { event: `plugin_${one.change}`, digest });
    }
    case 'refused': {
      const { code, message, remedy, file } = one.error;
      const { kept } = one;
      const goes = kept === undefined ? '' : `; ${kept.name}@${kept.version} goes on as it was`;
      const about = {
        event: 'plugin_refused',
        code,
        remedy,
        ...(file === undefined ? {} : { file }),
        ...(kept === undefined ? {} : { digest: kept.digest }),
      };
      return void log.warn(`a plugin was refused: ${message}${goes}`, about);
    }
    default:
      return assertNever(one);
  }
}
