/** What a check needs to know of an HTML page. */
export interface Page {
  readonly version: string | undefined;
  /** The addresses within the site that it links to, as written, without fragments. */
  readonly links: readonly string[];
}

const metaVersion = /<meta name="version" content="([^"]*)">/;
const reference = /(?:href|src)="([^"#?]+)/g;
const elsewhere = /^(?:[a-z]+:|\/\/)/;

/** Reads the parts of a page that are checked. */
export function readPage(html: string): Page {
  return {
    version: metaVersion.exec(html)?.[1],
    links: Array.from(html.matchAll(reference), ([, link]) => link ?? '').filter((link) => !elsewhere.test(link)),
  };
}

/** The file that a link leads to, relative to the site; undefined where it leads out of it. */
export function resolveLink(from: string, link: string): string | undefined {
  const parts = link.startsWith('/') ? [] : from.split('/').slice(0, -1);
  for (const part of link.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) return undefined;
    } else if (part !== '' && part !== '.') {
      parts.push(part);
    }
  }
  return link.endsWith('/') || parts.length === 0 ? [...parts, 'index.html'].join('/') : parts.join('/');
}
