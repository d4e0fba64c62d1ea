import type { PackedFrom } from '../../runtime/packages/index.ts';

/** What a package says it was made of: `commit 1f2…, with changes that are in no commit`, or `no commit`. */
export function sourceWords({ source }: Pick<PackedFrom, 'source'>): string {
  if (source === undefined) return 'no commit';
  return `commit ${source.commit}${source.clean ? '' : ', with changes that are in no commit'}`;
}
