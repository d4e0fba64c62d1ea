/** Every screen of the console, in both themes at both widths: what axe says of it, and the pictures of docs/console.md. */
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findingsEverywhere, openBrowser, openPage } from '../browser.ts';
import { root } from '../command.ts';
import { needs } from '../require.ts';
import { serverPlace } from '../server-process.ts';
import { takePicture } from './picture.ts';
import { findingsOfScreens, prepared, screensOf } from './screens.ts';

/** Of which docs/console.md has no picture. */
const notPictured = new Set(['skipped', 'nowhere']);
const images = join(root, 'docs', 'images');
const isThere = await needs('chromium');
let browser: Browser | undefined;
beforeAll(async () => {
  if (isThere) browser = await openBrowser();
});
afterAll(() => browser?.close());

describe.skipIf(!isThere)('the screens of the console', () => {
  it('can be used by everybody, in both themes and languages at both widths', async () => {
    if (browser === undefined) return;
    const shown = browser;
    const server = await serverPlace().begin();
    const runs = await prepared(server);
    const { page, complaints } = await openPage(browser);
    const screens = screensOf(runs, { agent: 'local', queue: 'local' });
    const findings = [
      ...(await findingsOfScreens(page, server, { screens, language: 'zh' })),
      ...(await findingsOfScreens(page, server, {
        screens,
        language: 'en',
        async seen({ name }) {
          if (notPictured.has(name)) return;
          await page.emulateMedia({ colorScheme: 'light' });
          await takePicture(shown, page, join(images, `console-${name}.webp`));
        },
      })),
    ];
    await page.goto(new URL(`/ui/#/runs/${runs.waiting}?job=lint`, server.url).href);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.getByText('unused variable').waitFor();
    await takePicture(browser, page, join(images, 'console-narrow.webp'));
    expect(findings).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('begin with the sign-in, where the server asks for a key', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin({ env: { API_KEY: 'a-long-key-for-the-tests-of-the-console' } });
    const { page, complaints } = await openPage(browser);
    await page.goto(new URL('/ui/', server.url).href);
    await page.getByLabel('API key or token').waitFor();
    expect(await findingsEverywhere(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'light' });
    await takePicture(browser, page, join(images, 'console-sign-in.webp'));
    expect(complaints).toEqual([]);
  });
});
