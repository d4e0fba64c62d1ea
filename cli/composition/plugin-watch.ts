import { statSync } from 'node:fs';
import type { Logger } from 'winston';
import { type AbsolutePath, assertNever } from '../../schemas/index.ts';
import type { Terminal } from '../terminal.ts';
import { FolderEvents } from './folder-events.ts';
import { beginPlugins, type PluginChange, reloadPlugins } from './plugin-reload.ts';
import { pluginFolder } from './plugins.ts';

/**
 * Follows the plugin folder until it is disposed of, whether it is there yet or not: what changes there is verified, read and used by whatever
 * begins from then on, and the log says so. `changed` is told after each change. Rejects with STORAGE_FAILED where the folder can't be read.
 */
export async function watchPlugins(
  terminal: Terminal,
  log: Logger,
  changed: () => Promise<void> = async () => {},
): Promise<AsyncDisposable> {
  const following = new Following(terminal, log, changed);
  await following.begin();
  return following;
}

class Following implements AsyncDisposable {
  readonly #terminal: Terminal;
  readonly #log: Logger;
  readonly #changed: () => Promise<void>;
  readonly #folder: AbsolutePath;
  readonly #events: FolderEvents;
  #isThere: boolean;
  /** What was told of each folder that is refused, so that it isn't told again with every other change. */
  #told: ReadonlyMap<string, string> = new Map();
  #unfollowed = new Set<string>();
  #work: Promise<void> = Promise.resolve();

  constructor(terminal: Terminal, log: Logger, changed: () => Promise<void>) {
    this.#terminal = terminal;
    this.#log = log;
    this.#changed = changed;
    this.#folder = pluginFolder(terminal);
    this.#isThere = this.#looksThere();
    this.#events = new FolderEvents(this.#folder, {
      changed: () => this.#reloadSoon(),
      unfollowed: (reason) => this.#cannotFollow(reason),
    });
  }

  async begin(): Promise<void> {
    // Where nobody has named it, most machines have none.
    const level = this.#terminal.env['PLUGIN_DIR'] === undefined ? 'debug' : 'info';
    if (!this.#isThere)
      this.#log.log(
        level,
        'there is no plugin folder yet; plugins count as soon as it is there',
        this.#about('missing'),
      );
    await this.#events.renew();
    // What runs from now on keeps what was there at its beginning.
    this.#tell(await beginPlugins(this.#terminal));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#events[Symbol.asyncDispose]();
    await this.#work;
  }

  /** One after the other. */
  #reloadSoon(): void {
    this.#work = this.#work
      .then(() => this.#reload())
      .catch((cause: unknown) => {
        const reason = cause instanceof Error ? cause.message : String(cause);
        const about = { folder: this.#folder, reason };
        this.#log.error('the plugin folder could not be read again; what was loaded before goes on', about);
      });
  }

  async #reload(): Promise<void> {
    // What changes from here on is the next change.
    await this.#events.renew();
    const wasThere = this.#isThere;
    this.#isThere = this.#looksThere();
    if (this.#isThere && !wasThere) this.#log.info('the plugin folder is there', this.#about('found'));
    if (!this.#isThere && wasThere)
      this.#log.warn('the plugin folder is gone, and its plugins with it', this.#about('missing'));
    const changes = await reloadPlugins(this.#terminal);
    this.#tell(changes);
    if (changes.some(({ change }) => change !== 'refused')) await this.#changed();
  }

  #looksThere(): boolean {
    return statSync(this.#folder, { throwIfNoEntry: false }) !== undefined;
  }

  #about(what: 'found' | 'missing'): object {
    return { event: `plugin_folder_${what}`, folder: this.#folder };
  }

  #cannotFollow(reason: string): void {
    if (this.#unfollowed.has(reason)) return;
    this.#unfollowed.add(reason);
    const about = { event: 'plugin_folder_unfollowed', folder: this.#folder, reason };
    this.#log.warn(
      'a part of the plugin folder cannot be followed: a change of it counts once something else changes',
      about,
    );
  }

  #tell(changes: readonly PluginChange[]): void {
    const told = new Map<string, string>();
    for (const change of changes) {
      if (change.change === 'refused') {
        const key = change.folder ?? '';
        const text = `${change.error.message} ${change.kept?.digest ?? ''}`;
        told.set(key, text);
        if (this.#told.get(key) === text) continue;
      }
      tell(this.#log, change);
    }
    this.#told = told;
  }
}

function tell(log: Logger, one: PluginChange): void {
  switch (one.change) {
    case 'loaded':
    case 'changed':
    case 'removed':
    case 'approved':
    case 'unapproved': {
      const { name, version, digest } = one.plugin;
      const what = `plugin ${name}@${version} ${meanings[one.change]}`;
      return void log.info(what, { event: `plugin_${one.change}`, digest });
    }
    case 'refused': {
      const { code, message, remedy, file } = one.error;
      const { kept, folder } = one;
      const goes = kept === undefined ? '' : `; ${kept.name}@${kept.version} goes on as it was`;
      const about = {
        event: 'plugin_refused',
        code,
        remedy,
        ...(folder === undefined ? {} : { folder }),
        ...(file === undefined ? {} : { file }),
        ...(kept === undefined ? {} : { digest: kept.digest }),
      };
      return void log.warn(`a plugin was refused: ${message}${goes}`, about);
    }
    default:
      return assertNever(one);
  }
}

const meanings = {
  loaded: 'was loaded',
  changed: 'was changed',
  removed: 'was removed',
  approved: 'counts as approved now',
  unapproved: 'counts as approved no more',
} as const;
