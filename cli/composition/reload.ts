import type { Logger } from 'winston';
import { WaterflowFailure } from '../../schemas/index.ts';
import { errorsOf } from '../failures.ts';
import type { Terminal } from '../terminal.ts';
import type { EffectiveSetting } from './setting-reader.ts';

/** What became of settings that were read again: names of settings, and of what they lead to. */
export interface Reloaded {
  /** Holds from now on. */
  readonly changed: readonly string[];
  /** Is different from what holds, and waits for a restart. */
  readonly waiting: readonly string[];
}

/**
 * Reads the configuration again whenever this process gets a SIGHUP, until disposed of, once at a time. What is wrong is logged, all of it, and
 * changes nothing. Where a person looks on, SIGHUP says that their terminal is gone, and stays what it is anywhere.
 */
export function reloadOnHangUp(
  { onHangUp, stderr }: Pick<Terminal, 'onHangUp' | 'stderr'>,
  { log, reload }: { readonly log: Logger; readonly reload: () => Promise<Reloaded> },
): Disposable {
  if (stderr.interactive) return { [Symbol.dispose]: () => {} };
  let last = Promise.resolve();
  const stop = onHangUp(() => {
    last = last.then(() => told(log, reload));
  });
  return { [Symbol.dispose]: stop };
}

async function told(log: Logger, reload: () => Promise<Reloaded>): Promise<void> {
  try {
    const { changed, waiting } = await reload();
    log.info('the configuration was read again', { changed, needs_restart: waiting });
  } catch (cause) {
    const errors = cause instanceof WaterflowFailure ? errorsOf(cause) : [{ message: String(cause) }];
    log.error('the configuration was not taken: the one before holds', { errors });
  }
}

/** The names of settings that have another value, or another place where a value comes from that isn't shown. */
export function changedSettings(
  before: readonly EffectiveSetting[],
  after: readonly EffectiveSetting[],
): readonly string[] {
  const valuesOf = (settings: readonly EffectiveSetting[]): ReadonlyMap<string, string> =>
    new Map(settings.map(({ key, value }) => [key, JSON.stringify(value)]));
  const [old, now] = [valuesOf(before), valuesOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])].filter((key) => old.get(key) !== now.get(key)).toSorted();
}
