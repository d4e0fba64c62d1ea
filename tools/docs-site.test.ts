import { describe, expect, it } from 'vitest';
import { chapters, sidebarOf, sitePages, siteTextOf } from './docs-site/pages.ts';

const pages = sitePages();

describe('the site of docs/', () => {
  it('has each page in one chapter', () => {
    const named = Object.values(chapters).flat();
    // Those of a folder are found by its first page.
    const docs = pages.filter(({ file }) => /^docs\/(?:[^/]+|[^/]+\/README)\.md$/u.test(file));
    expect(named.map((name) => `docs/${name}.md`).toSorted()).toEqual(docs.map(({ file }) => file).toSorted());
    expect(sidebarOf(pages).flatMap(({ items }) => items).length).toBeGreaterThan(named.length);
  });

  it('has no address twice, and no link to what is not there', () => {
    expect(new Set(pages.map(({ address }) => address)).size).toBe(pages.length);
    expect(pages.flatMap((page) => siteTextOf(page, pages).problems)).toEqual([]);
  });

  it('leads to pages by their addresses, and says the words of other links', () => {
    const page = pages.find(({ file }) => file === 'docs/architecture.md') ?? { file: '', address: '' };
    const { text } = siteTextOf(page, pages);
    expect(text).toMatch(/\]\(\/runbooks\.md\)/u);
    expect(text).not.toContain('](../');
    expect(text).not.toContain('<!--');
  });
});
