import type { ArchiveBound, KeptArchive } from '../capability.ts';
import { coversKey } from './rules.ts';

/** The most that one plugin keeps in one tenant, whatever its entries say: the agent's own bound. */
const ownBound: ArchiveBound = { patterns: [{ kind: 'prefix', prefix: '' }], bytes: 100 * 1024 ** 3 };
/** Of one plugin in one tenant: all of them are listed to find out which have to go. */
const mostEntries = 10_000;

/**
 * Which archives have to go, so that every bound holds: those that were not used for longest, and never the one under `keep`, which was just
 * kept.
 */
export function surplusOf<Entry extends KeptArchive>(
  entries: readonly Entry[],
  { bounds, keep }: { readonly bounds: readonly ArchiveBound[]; readonly keep: string },
): readonly Entry[] {
  let left = [...entries].sort(
    (one, other) => one.used_at_ms - other.used_at_ms || one.created_at_ms - other.created_at_ms,
  );
  const surplus: Entry[] = [];
  const takeFirst = (covered: readonly Entry[]): boolean => {
    const first = covered.find(({ key }) => key !== keep);
    if (first === undefined) return false;
    left = left.filter((entry) => entry !== first);
    surplus.push(first);
    return true;
  };
  for (const { patterns, bytes } of [...bounds, ownBound]) {
    for (;;) {
      const covered = left.filter(({ key }) => coversKey(patterns, key));
      if (bytesOf(covered) <= bytes || !takeFirst(covered)) break;
    }
  }
  while (left.length > mostEntries && takeFirst(left));
  return surplus;
}

/** A content that several keys have counts once. */
function bytesOf(entries: readonly KeptArchive[]): number {
  return [...new Map(entries.map(({ sha256, bytes }) => [sha256, bytes])).values()].reduce(
    (sum, each) => sum + each,
    0,
  );
}
