/** Of each block of the pages: the tests that run it, or why none can. */
import { matchesGlob } from 'node:path';
import { type CodeBlock, digestOf, selected } from './blocks.ts';
import type { Declaration, Problem } from './declared.ts';

/** Why no test runs a block. */
export interface Shown {
  readonly page: string;
  /** The line of the list that says so. */
  readonly line: number;
  readonly digest: string;
  /** The block's first line, for those who read the list. */
  readonly begins: string;
  readonly because: string;
}

/** A block with who runs it; both are empty where it is a problem. */
export interface Entry {
  readonly block: CodeBlock;
  /** Paths of test files. */
  readonly by: readonly string[];
  readonly because: string | undefined;
}

/** The whole, and what is wrong with it. */
export interface Ledger {
  readonly entries: readonly Entry[];
  readonly problems: readonly Problem[];
}

/** Where the reasons stand. */
export const listOfShown = 'tools/code-blocks/shown.yaml';

/** What a ledger is made of. */
export interface Sources {
  readonly blocks: readonly CodeBlock[];
  readonly declarations: readonly Declaration[];
  readonly shown: readonly Shown[];
}

/** Puts blocks, declarations and reasons together; each that is of no use to the other is a problem. */
export function ledgerOf({ blocks, declarations, shown }: Sources): Ledger {
  const by = new Map<CodeBlock, Set<string>>(blocks.map((block) => [block, new Set()]));
  const problems: Problem[] = [];
  for (const { file, line, page, selection } of declarations) {
    const ofPage = blocks.filter((block) => matchesGlob(block.page, page));
    const found = selected(ofPage, selection);
    for (const block of found) by.get(block)?.add(file);
    if (found.length === 0) {
      problems.push({
        file,
        line,
        message: `${page} has no block ${JSON.stringify(selection)}`,
        remedy: 'Name a block that the page has, or take the test away with its block.',
      });
    }
  }
  const runs = runsByText(by);
  const because = new Map<string, string>();
  for (const entry of shown) {
    const block = blocks.find((each) => each.page === entry.page && digestOf(each) === entry.digest);
    const wrong = whatIsWrong(entry, block, block === undefined ? [] : (runs.get(digestOf(block)) ?? []));
    if (wrong !== undefined) problems.push({ file: listOfShown, line: entry.line, ...wrong });
    because.set(`${entry.page} ${entry.digest}`, entry.because);
  }
  const entries = blocks.map((block): Entry => {
    const digest = digestOf(block);
    return { block, by: runs.get(digest) ?? [], because: because.get(`${block.page} ${digest}`) };
  });
  problems.push(...entries.flatMap((entry) => (entry.by.length > 0 || entry.because ? [] : [nobodyRuns(entry.block)])));
  return { entries, problems };
}

/** Pages that are made of others repeat blocks: who runs one runs its copies. */
function runsByText(by: ReadonlyMap<CodeBlock, ReadonlySet<string>>): ReadonlyMap<string, readonly string[]> {
  const runs = new Map<string, readonly string[]>();
  for (const [block, files] of by) {
    const digest = digestOf(block);
    runs.set(digest, [...new Set([...(runs.get(digest) ?? []), ...files])].sort());
  }
  return runs;
}

function whatIsWrong(
  { page, digest, begins }: Shown,
  block: CodeBlock | undefined,
  by: readonly string[],
): Pick<Problem, 'message' | 'remedy'> | undefined {
  if (block === undefined) {
    return {
      message: `${page} has no block ${digest} (${begins})`,
      remedy: 'Where the block is gone, take the entry away; where it was changed, see whether its reason still holds.',
    };
  }
  if (firstLineOf(block) !== begins) {
    return { message: `the block begins with another line than "${begins}"`, remedy: `Write ${firstLineOf(block)}` };
  }
  if (by.length > 0) return { message: `${by.join(', ')} runs the block`, remedy: 'Take the entry away.' };
  return undefined;
}

/** The first line of a block. */
export function firstLineOf({ text }: CodeBlock): string {
  return text.split('\n', 1)[0]?.trim() ?? '';
}

function nobodyRuns(block: CodeBlock): Problem {
  const { page, line, language } = block;
  return {
    file: page,
    line,
    message: `no test runs this block${language === '' ? '' : ` (${language})`}: ${firstLineOf(block)}`,
    remedy: `Take it in a test by blocksOn('${page}', …), or say why none can in ${listOfShown}, with the digest ${digestOf(block)}.`,
  };
}
