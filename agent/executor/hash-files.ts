import { createHash } from 'node:crypto';
import { closeSync, constants } from 'node:fs';
import { type PathPattern, parsePathPattern } from '../../runtime/capabilities/fs/glob.ts';
import { chunks } from '../../runtime/capabilities/fs/read-operations.ts';
import { walk } from '../../runtime/capabilities/fs/tree.ts';
import { type AbsolutePath, WaterflowFailure } from '../../schemas/index.ts';

interface Selection {
  readonly include: boolean;
  readonly pattern: PathPattern;
}

/**
 * `hashFiles(patterns)` as GitHub computes it: the SHA-256 over the SHA-256 of each file that matches, in the order of their
 * paths; '' where none does. Patterns are relative to the workspace; one that begins with `!` takes files out again, the last one
 * that matches decides, and a folder stands for all that is in it. Links are neither followed nor hashed.
 *
 * Throws WaterflowFailure for a pattern that is none.
 */
export async function hashFiles(
  workspace: AbsolutePath,
  patterns: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const selections = patterns.flatMap((pattern) => pattern.split(/\r?\n/)).flatMap(selectionOf);
  const digests: { readonly path: string; readonly digest: Buffer }[] = [];
  await walk(
    { workspace, start: [] },
    { signal },
    {
      enter: () => true,
      visit: async ({ names, entry }) => {
        if (entry.stats.isFile() && isSelected(selections, names)) {
          const fd = entry.open(constants.O_RDONLY);
          digests.push({ path: names.join('/'), digest: await digestOf(fd, signal) });
        }
      },
    },
  );
  if (digests.length === 0) {
    return '';
  }
  const hash = createHash('sha256');
  for (const { digest } of digests.sort((one, other) => (one.path < other.path ? -1 : 1))) {
    hash.update(digest);
  }
  return hash.digest('hex');
}

function selectionOf(line: string): readonly Selection[] {
  const text = line.trim();
  // Empty lines and comments, as in GitHub's patterns.
  if (text === '' || text.startsWith('#')) {
    return [];
  }
  const include = !text.startsWith('!');
  const parsed = parsePathPattern(include ? text : text.slice(1));
  if ('problem' in parsed) {
    throw new WaterflowFailure({
      code: 'EVALUATION_FAILED',
      message: `hashFiles: ${parsed.problem}`,
      remedy: 'Give patterns relative to the workspace, such as **/package-lock.json or !node_modules/**.',
    });
  }
  return [{ include, pattern: parsed.pattern }];
}

function isSelected(selections: readonly Selection[], names: readonly string[]): boolean {
  const deciding = selections.findLast(({ pattern }) => covers(pattern, names));
  return deciding?.include ?? false;
}

/** The file itself, or a folder that it is in. */
function covers(pattern: PathPattern, names: readonly string[]): boolean {
  return names.some((_, index) => pattern.matches(names.slice(0, index + 1)));
}

async function digestOf(fd: number, signal: AbortSignal): Promise<Buffer> {
  try {
    const hash = createHash('sha256');
    for await (const chunk of chunks(fd)) {
      signal.throwIfAborted();
      hash.update(chunk);
    }
    return hash.digest();
  } finally {
    closeSync(fd);
  }
}
