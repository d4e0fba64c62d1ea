import type { GuestLibrary } from './languages.ts';

/** Something for authors, and the comment before it. */
export interface Documented {
  readonly declaration: string;
  readonly text: string;
}

/** What a source file declares for authors, each with the comment right before it. What has none is not in the page. */
export function documentedIn(source: string, library: GuestLibrary): readonly Documented[] {
  const found: Documented[] = [];
  let scope = '';
  let comment: string[] = [];
  for (const line of source.split('\n')) {
    // Modules and classes, whose members are further in.
    const opened = /^(?:export (?:namespace|class)|pub mod|impl) (\w+)(?: extends \w+)?(?: \{|$)/.exec(line)?.[1];
    if (opened !== undefined) scope = opened;
    else if (/^\S/.test(line) && !/^[}#/]/.test(line)) scope = '';
    const text = library.commentOf(line);
    if (text !== undefined) {
      comment.push(text);
      continue;
    }
    const declaration = library.declarationOf(line);
    if (declaration !== undefined && comment.length > 0) {
      found.push({ declaration: inScope(declaration, line, scope), text: comment.join(' ').trim() });
    }
    // Attributes stand between a comment and what it is about.
    if (!/^\s*#\[/.test(line)) comment = [];
  }
  return found;
}

function inScope(declaration: string, line: string, scope: string): string {
  if (!/^\s/.test(line) || scope === '') return declaration;
  const joint = /^\s*pub /.test(line) ? '::' : '.';
  return declaration.replace(/^((?:static|struct|enum) )?/, (kind) => `${kind}${scope}${joint}`);
}

/** The page's part about one library. */
export function referenceOf(library: GuestLibrary, read: (path: string) => string): string {
  const files = library.files.map(([file, subject]) => {
    const entries = documentedIn(read(`${library.folder}/${file}`), library);
    const lines = entries.map(({ declaration, text }) => `- \`${declaration}\`: ${text}`);
    return `### ${subject} (${library.title})\n\n${lines.join('\n')}\n`;
  });
  return `## ${library.title}\n\nIn \`${library.folder}/\`, which \`waterflow plugin new\` copies.\n\n${files.join('\n')}`;
}
