import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Enough for a canary's token, whatever stands around it. */
const largestBytes = 4 * 1024 * 1024;

/** The content of all ordinary files below a folder, and their names, without following links. */
export async function textsIn(folder: string): Promise<string> {
  const texts: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    texts.push(entry.name);
    if (entry.isDirectory()) texts.push(await textsIn(path));
    const stats = entry.isFile() ? await lstat(path).catch(() => undefined) : undefined;
    // A file with a second name was put there by the attack itself: its content didn't come through the agent.
    if (stats === undefined || stats.size > largestBytes || stats.nlink > 1) continue;
    texts.push(await readFile(path, 'utf8').catch(() => ''));
  }
  return texts.join('\n');
}
