/** The examples of a README: programs, each with what it prints. */
import { readFileSync } from 'node:fs';

/** A program of a page. */
export interface Example {
  /** The heading that it stands under. */
  readonly title: string;
  readonly program: string;
  readonly prints: readonly string[];
}

/** The programs of a page in `language`, each followed by the text that it prints. */
export function examplesOf(path: string, language: 'ts' | 'python'): readonly Example[] {
  const page = readFileSync(path, 'utf8');
  const blocks = page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$\n\n\`\`\`text\n(.*?)^\`\`\`$`, 'gms'));
  return Array.from(blocks, ({ 1: program = '', 2: prints = '', index }) => {
    const title = /^#+ (.*)$/mu.exec(page.slice(page.lastIndexOf('\n#', index) + 1))?.[1] ?? '';
    return { title, program, prints: prints.trimEnd().split('\n') };
  });
}
