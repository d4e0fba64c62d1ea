import { describe, expect, it } from 'vitest';
import { readPage, resolveLink } from './page.ts';

describe('readPage', () => {
  it('finds the version and the links within the site', () => {
    const html = `<meta name="version" content="7"><link href="a.css"><a href="b/#part"></a><a href="https://x.example/"></a>
      <a href="//x.example/"></a><a href="mailto:a@x.example"></a><img src="/c.png?size=2"><a href="#top"></a>`;
    expect(readPage(html)).toEqual({ version: '7', links: ['a.css', 'b/', '/c.png'] });
    expect(readPage('').version).toBeUndefined();
  });
});

describe('resolveLink', () => {
  it.each([
    ['index.html', 'a.css', 'a.css'],
    ['cart/index.html', '../a.css', 'a.css'],
    ['cart/index.html', 'pay/', 'cart/pay/index.html'],
    ['cart/index.html', '/', 'index.html'],
    ['cart/index.html', './x', 'cart/x'],
    ['index.html', '../x', undefined],
  ])('in %s leads %s to %s', (from, link, expected) => {
    expect(resolveLink(from, link)).toBe(expected);
  });
});
