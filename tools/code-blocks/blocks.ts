/** The blocks of code on the pages that are shipped, and how a test takes those that it runs. */
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** One block of code of a page. */
export interface CodeBlock {
  /** Its path in the repository, with slashes. */
  readonly page: string;
  /** The line of its fence, or where it has none its own first line; from 1. */
  readonly line: number;
  /** What stands behind the fence; `indented` where the block is set off by four spaces instead. */
  readonly language: string;
  /** The heading above it, without its marks. */
  readonly under: string;
  /** The file that the block is, where a line above names it: `name`: */
  readonly file: string | undefined;
  /** Ends with a line break. */
  readonly text: string;
}

/** Which blocks of a page are meant: those that all of it holds for. */
export interface Selection {
  readonly language?: string;
  /** What the text begins with. */
  readonly begins?: string;
  readonly under?: string;
  /** Only those whose file a line above names. */
  readonly named?: true;
}

/** All that a page holds, in order. */
export function blocksIn(page: string, text: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const lines = text.split('\n');
  let [under, isList, index] = ['', false, 0];
  const named = (): string | undefined => /`([\w./-]+)`:$/u.exec(lines[index - 2] ?? '')?.[1];
  const add = (language: string, content: readonly string[]): void => {
    blocks.push({ page, line: index + 1, language, under, file: named(), text: `${content.join('\n')}\n` });
  };
  while (index < lines.length) {
    const line = lines[index] ?? '';
    const [, indent = '', fence, language = ''] = /^( *)(`{3,})(.*)$/u.exec(line) ?? [];
    if (fence !== undefined) {
      const end = lines.findIndex((other, at) => at > index && other.trim() === fence);
      const until = end === -1 ? lines.length : end;
      add(
        language.trim(),
        lines.slice(index + 1, until).map((each) => (each.startsWith(indent) ? each.slice(indent.length) : each)),
      );
      index = until + 1;
    } else if (!isList && /^ {4}\S/u.test(line) && (lines[index - 1] ?? '') === '') {
      const length = lines.slice(index).findIndex((each) => !/^ {4}|^$/u.test(each));
      const content = lines.slice(index, length === -1 ? lines.length : index + length);
      add('indented', [
        content
          .map((each) => each.slice(4))
          .join('\n')
          .trimEnd(),
      ]);
      index += content.length;
    } else {
      if (line.startsWith('#')) under = line.replace(/^#+ /u, '');
      if (/^ *(?:[-*]|\d+\.) /u.test(line)) isList = true;
      else if (/^\S/u.test(line)) isList = false;
      index += 1;
    }
  }
  return blocks;
}

/** Those of the blocks that are meant. */
export function selected(blocks: readonly CodeBlock[], selection: Selection): readonly CodeBlock[] {
  const { language, begins = '', under, named } = selection;
  return blocks.filter(
    (block) =>
      (language === undefined || block.language === language) &&
      (under === undefined || block.under === under) &&
      (named === undefined || block.file !== undefined) &&
      block.text.startsWith(begins),
  );
}

/**
 * The blocks of a page that a test runs; `page` is a path in the repository, or a pattern of paths. Each call is how the test says so:
 * tools/code-blocks reads it from the source, so its arguments are written out. Throws where there is no such block.
 */
export function blocksOn(page: string, selection: Selection = {}): readonly CodeBlock[] {
  const found = globSync(page, { cwd: repository })
    .sort()
    .flatMap((file) => selected(blocksIn(file, readFileSync(join(repository, file), 'utf8')), selection));
  if (found.length === 0) throw new Error(`${page} has no block ${JSON.stringify(selection)}`);
  return found;
}

/** The text of the one block that is meant, as `blocksOn`. Throws where there is another number of them. */
export function blockOn(page: string, selection: Selection): string {
  const [block, ...others] = blocksOn(page, selection);
  if (block === undefined || others.length > 0) {
    throw new Error(`${page} has ${others.length + 1} blocks ${JSON.stringify(selection)}, and one is meant`);
  }
  return block.text;
}

/** What a block is known by in the list of those that no test runs: another text is another block. */
export function digestOf({ language, text }: CodeBlock): string {
  return createHash('sha256').update(`${language}\n${text}`).digest('hex').slice(0, 12);
}
