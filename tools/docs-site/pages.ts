/** The pages of the site, each of a file of the repository. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const repository: string = fileURLToPath(new URL('../..', import.meta.url));

/** A page, by the paths of its file and of its address, both from their roots. */
export interface SitePage {
  readonly file: string;
  readonly address: string;
}

/** The chapters, by their titles; each page by its path in docs/. */
export const chapters: Readonly<Record<string, readonly string[]>> = {
  Begin: ['getting-started', 'workflow-syntax', 'plan', 'github-actions', 'nodes/README'],
  Run: ['operations', 'explain', 'generate', 'console', 'errors'],
  Serve: ['install', 'server', 'deploy', 'containers', 'rest-api', 'clients', 'cli-client', 'runbooks'],
  'Agents and engines': ['agents', 'secrets', 'engines', 'temporal-data', 'doctor'],
  Security: ['security-model', 'policies', 'capabilities', 'audit', 'trust', 'attacks'],
  Plugins: ['plugin-authoring', 'guest-libraries', 'host-calls', 'extism'],
  Inside: ['architecture', 'adr/README', 'performance', 'costs', 'versioning', 'dependencies'],
};

/** Of the repository's root. */
const ofProject = ['SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];

/** All pages of the site: those of docs/, the nodes' and clients' own, and the project's. */
export function sitePages(): readonly SitePage[] {
  const docs = readdirSync(join(repository, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  const readmes = ['plugins', 'clients'].flatMap((folder) =>
    readdirSync(join(repository, folder)).map((name) => `${folder}/${name}/README.md`),
  );
  const files = ['README.md', ...docs, ...readmes, ...ofProject].filter((file) => existsSync(join(repository, file)));
  return files.map((file) => ({ file, address: addressOf(file) }));
}

function addressOf(file: string): string {
  return file
    .replace(/^docs\//u, '')
    .replace(/(^|\/)README\.md$/u, '$1index.md')
    .replace(/^[A-Z]+\.md$/u, (name) => name.toLowerCase());
}

/** The first heading of a page. */
export function titleOf({ file }: SitePage): string {
  const [, title = file] = /^# (.+)$/mu.exec(readFileSync(join(repository, file), 'utf8')) ?? [];
  return title.replaceAll('`', '');
}

/** A chapter beside the pages, as VitePress has it. */
export interface SidebarChapter {
  readonly text: string;
  readonly items: readonly { readonly text: string; readonly link: string }[];
}

/** What stands beside the pages: each chapter with its pages. */
export function sidebarOf(pages: readonly SitePage[]): readonly SidebarChapter[] {
  const item = (file: string): SidebarChapter['items'][number] => {
    const page = pages.find((one) => one.file === file);
    if (page === undefined) throw new Error(`no page ${file}: correct the chapters in tools/docs-site/pages.ts`);
    return { text: titleOf(page), link: `/${page.address.replace(/(?:index)?\.md$/u, '')}` };
  };
  return [
    ...Object.entries(chapters).map(([text, names]) => ({ text, items: names.map((name) => item(`docs/${name}.md`)) })),
    { text: 'Project', items: ofProject.filter((file) => pages.some((page) => page.file === file)).map(item) },
  ];
}

/** What is wrong with a page. */
export interface LinkProblem {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** A page's text as the site has it. */
export interface SiteText {
  readonly text: string;
  readonly problems: readonly LinkProblem[];
  /** Pictures, by their paths from the repository's root. */
  readonly pictures: readonly string[];
}

/**
 * A page's Markdown with links between addresses of the site. Comments, which are for tools, are left out; a link to a file that is no page becomes its
 * words.
 */
export function siteTextOf(page: SitePage, pages: readonly SitePage[]): SiteText {
  const problems: LinkProblem[] = [];
  const pictures: string[] = [];
  const source = readFileSync(join(repository, page.file), 'utf8');
  let line = 1;
  const text = outsideOfCode(source, (part) => {
    const first = line;
    line += part.split('\n').length - 1;
    const shown = part.replaceAll(/^<!--[\s\S]*?-->[ \t]*$/gmu, (comment) => comment.replaceAll(/[^\n]/gu, ''));
    return shown.replaceAll(
      /(!?)\[((?:`[^`]*`|[^\]`])*)\]\(([^)\s]+)\)/gu,
      (whole, mark: string, words: string, href: string, at: number) => {
        if (/^(?:[a-z]+:|#)/u.test(href)) return whole;
        const [path = '', anchor] = decodeURI(href).split('#');
        const target = posix.join(posix.dirname(page.file), path);
        if (!existsSync(join(repository, target))) {
          problems.push({
            file: page.file,
            line: first + shown.slice(0, at).split('\n').length - 1,
            message: `leads to ${target}, which isn't there`,
          });
          return whole;
        }
        if (mark === '!') {
          pictures.push(target);
          return `![${words}](/${target})`;
        }
        const found = pages.find(({ file }) => file === target || file === posix.join(target, 'README.md'));
        if (found === undefined) return words;
        return `[${words}](/${found.address}${anchor === undefined ? '' : `#${anchor}`})`;
      },
    );
  });
  return { text, problems, pictures };
}

/** Changes what isn't in blocks of code. */
function outsideOfCode(source: string, change: (part: string) => string): string {
  const parts = source.split(/^([ \t]*`{3,}[^\n]*\n[\s\S]*?^[ \t]*`{3,}[ \t]*$)/mu);
  return parts.map((part, index) => (index % 2 === 1 ? part : change(part))).join('');
}
