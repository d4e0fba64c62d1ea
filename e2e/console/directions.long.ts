/** Names that are written from right to left, beside numbers, which would else be drawn into them. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, openPage } from '../browser.ts';
import { needs } from '../require.ts';
import { askServer, endedRun, serverPlace } from '../server-process.ts';

const named = `
name: "2026"
run-name: عمل
on: manual
jobs: { work: { steps: [{ run: echo done }] } }
`;

const isThere = await needs('chromium');
let browser: Browser | undefined;
beforeAll(async () => {
  if (isThere) browser = await openBrowser();
});
afterAll(() => browser?.close());

describe.skipIf(!isThere)('a name that is written from right to left', () => {
  it('leaves what follows it to its right', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin();
    const { body } = await askServer(server, '/v1/workflows', { workflow: named });
    await endedRun(server, String(body['id']));
    const { page, complaints } = await openPage(browser);
    await page.goto(new URL('/ui/', server.url).href);
    await page.getByRole('link', { name: 'عمل' }).waitFor();
    // Where the number itself is drawn, and where the first letter of the name is.
    const isBehind = await page.evaluate(`(() => {
      const walker = document.createTreeWalker(document.querySelector('main li'), NodeFilter.SHOW_TEXT);
      const placeOf = (text) => {
        for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
          const at = node.data.indexOf(text);
          if (at === -1) continue;
          const range = document.createRange();
          range.setStart(node, at);
          range.setEnd(node, at + 1);
          return range.getBoundingClientRect();
        }
      };
      return placeOf('ع').right <= placeOf('2').left;
    })()`);
    expect(isBehind).toBe(true);
    expect(complaints).toEqual([]);
  });
});
