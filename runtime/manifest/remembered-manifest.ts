import { readManifest } from './read.ts';

type Answer = ReturnType<typeof readManifest>;

/** More than a machine has plugins, as a rule; each is a few kilobytes. */
const mostManifests = 1000;
/** Longer ones are read each time, in characters. */
const longestText = 32 * 1024;

const remembered = new Map<string, Answer>();

/** As {@link readManifest}: a manifest is read with all others, with its code, and after each change of the folder, and is mostly the same. */
export function readRemembered(text: string, file: string): Answer {
  const key = `${file}\n${text}`;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const read = readManifest(text, file);
  if (text.length > longestText) return read;
  if (remembered.size >= mostManifests) remembered.clear();
  remembered.set(key, read);
  return read;
}
