import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../../runtime/durable-file.ts';
import type { LoadedPlugin } from '../../runtime/plugin.ts';
import { type PluginIdentity, type RunId, WaterflowFailure } from '../../schemas/index.ts';

/** A run, as often as it was run: a rerun begins with what is there then. */
export interface RunAttempt {
  readonly run: RunId;
  readonly attempt: number;
}

/** The plugin that a run began with where its workflow says `uses`, and what was thought of it then. */
export interface Pin extends Pick<LoadedPlugin, 'folder' | 'signers'> {
  readonly uses: string;
  readonly identity: PluginIdentity;
  readonly origin: 'approved' | 'installed';
}

/** What a run's folder of pins says. */
interface PinsFile {
  readonly version: 1;
  readonly attempt: number;
  readonly pins: readonly Pin[];
}

const fileName = 'pins.json';

/** Puts down what a run began with, whole or not at all. */
export function writePins(folder: string, attempt: number, pins: readonly Pin[]): void {
  const content: PinsFile = { version: 1, attempt, pins };
  const path = join(folder, fileName);
  // One name: what a process that was killed has left is written over by the next.
  replaceFile(path, JSON.stringify(content), { mode: 0o600, temporary: `${path}.new` });
}

/**
 * What {@link writePins} has put down for that attempt of the run; undefined where it came to none. Throws STORAGE_FAILED where it isn't as
 * it was written: other plugins must not take the place of those.
 */
export function readPins(folder: string, attempt: number): readonly Pin[] | undefined {
  const file = join(folder, fileName);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw cause;
  }
  try {
    // Only writePins() writes it, in a folder that is this agent's alone.
    const { version, attempt: of, pins } = JSON.parse(text) as PinsFile;
    return version === 1 && of === attempt ? pins : undefined;
  } catch (cause) {
    const message = `${file} is damaged: it said which plugins the run began with`;
    const remedy = 'Cancel the run and start a new one; or remove the file, and it goes on with what is installed now.';
    throw new WaterflowFailure({ code: 'STORAGE_FAILED', message, remedy, file }, { cause });
  }
}
