/** What to fetch and to check out. */
export type Target =
  | { readonly kind: 'commit'; readonly commit: string }
  | { readonly kind: 'branch'; readonly name: string; readonly full: string; readonly commit: string }
  | { readonly kind: 'tag'; readonly name: string; readonly full: string; readonly commit: string }
  | { readonly kind: 'other'; readonly full: string; readonly commit: string };

/** SHA-1 or SHA-256, whole: a shortened one can't be fetched. */
const commitPattern = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i;

/** Whether the text is a whole commit id. */
export function isCommit(text: string): boolean {
  return commitPattern.test(text);
}

/** Throws on what git itself would not take as a ref's name (git-check-ref-format), or could take for something else. */
export function checkRef(ref: string): void {
  const parts = ref.split('/');
  const wrong =
    /[\0-\x20\x7f~^:?*[\\]|\.\.|@\{/.test(ref) ||
    ref === '@' ||
    ref.startsWith('-') ||
    ref.endsWith('.') ||
    parts.some((part) => part === '' || part.startsWith('.') || part.endsWith('.lock'));
  if (wrong) {
    throw new Error(`ref: ${JSON.stringify(ref)} is no name of a branch, a tag or a commit`);
  }
}

/** The patterns for which `git ls-remote` is asked, so that the answer stays small. */
export function patternsFor(ref: string | undefined): readonly string[] {
  if (ref === undefined || commitPattern.test(ref)) {
    return ['HEAD'];
  }
  return ref.startsWith('refs/') ? ['HEAD', ref] : ['HEAD', `refs/heads/${ref}`, `refs/tags/${ref}`];
}

/** Chooses the target from what `git ls-remote --symref` printed. A branch goes before a tag of the same name. */
export function chooseTarget(ref: string | undefined, listing: string): Target {
  if (ref !== undefined && commitPattern.test(ref)) {
    return { kind: 'commit', commit: ref.toLowerCase() };
  }
  const { commits, head } = readListing(listing);
  if (ref === undefined) {
    const commit = commits.get('HEAD');
    if (commit === undefined) {
      throw new Error('repository: it is empty');
    }
    return targetOf(head ?? 'HEAD', commit);
  }
  const candidates = ref.startsWith('refs/') ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`];
  for (const full of candidates) {
    const commit = commits.get(full);
    if (commit !== undefined) {
      return targetOf(full, commit);
    }
  }
  throw new Error(`ref: the repository has no branch or tag ${JSON.stringify(ref)}`);
}

/** The refspec that fetches the target alone. */
export function refspecOf(target: Target): string {
  switch (target.kind) {
    case 'commit':
      return target.commit;
    case 'branch':
      return `+${target.full}:refs/remotes/origin/${target.name}`;
    case 'tag':
      return `+${target.full}:${target.full}`;
    default:
      return `+${target.full}:refs/remotes/waterflow/target`;
  }
}

function targetOf(full: string, commit: string): Target {
  if (full.startsWith('refs/heads/')) {
    return { kind: 'branch', name: full.slice('refs/heads/'.length), full, commit };
  }
  if (full.startsWith('refs/tags/')) {
    return { kind: 'tag', name: full.slice('refs/tags/'.length), full, commit };
  }
  return { kind: 'other', full, commit };
}

/** Lines are `<commit>\t<ref>`, and `ref: <ref>\tHEAD` for the default branch. */
function readListing(listing: string): { readonly commits: ReadonlyMap<string, string>; readonly head?: string } {
  const commits = new Map<string, string>();
  let head: string | undefined;
  for (const line of listing.split('\n')) {
    const [left, right] = line.split('\t');
    if (left === undefined || right === undefined) {
      continue;
    }
    if (left.startsWith('ref: ') && right === 'HEAD') {
      head = left.slice('ref: '.length);
    } else if (commitPattern.test(left)) {
      commits.set(right, left);
    }
  }
  return head === undefined ? { commits } : { commits, head };
}
