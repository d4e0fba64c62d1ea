/** What is being written stays as it is: over other pages, in another language, while half a line can't be read; until somebody signs out. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findingsEverywhere, openBrowser, openPage } from '../browser.ts';
import { needs } from '../require.ts';
import { serverPlace } from '../server-process.ts';

const adminKey = 'a-long-key-for-the-tests-of-the-console';

const isThere = await needs('chromium');
let browser: Browser | undefined;
beforeAll(async () => {
  if (isThere) browser = await openBrowser();
});
afterAll(() => browser?.close());

const code = (page: Page) => page.locator('.cm-content');

async function openEditor(within: Browser): Promise<Awaited<ReturnType<typeof openPage>>> {
  const server = await serverPlace().begin({ env: { API_KEY: adminKey } });
  const opened = await openPage(within);
  await opened.page.goto(new URL('/ui/#/editor', server.url).href);
  await signIn(opened.page);
  return opened;
}

async function signIn(page: Page): Promise<void> {
  await page.getByLabel('API key or token').fill(adminKey);
  await page.keyboard.press('Enter');
  await page.getByText('Nothing is wrong.').waitFor();
}

describe.skipIf(!isThere)('what is being written', () => {
  it('can be undone after other pages and in another language, and is gone once somebody signs out', async () => {
    if (browser === undefined) return;
    const { page, complaints } = await openEditor(browser);
    await code(page).focus();
    await page.keyboard.press('Control+Home');
    await page.keyboard.type('# mine');
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Agents' }).click();
    await page.getByRole('heading', { name: 'Agents' }).waitFor();
    await page.goBack();
    await code(page).getByText('# mine').waitFor();
    await page.getByText('Settings').click();
    await page.getByLabel('Language').selectOption('zh');
    await page.getByRole('heading', { name: '编辑器' }).waitFor();
    expect(await code(page).getAttribute('aria-label')).toBe('工作流');
    await page.locator('.settings select').last().selectOption('en');
    await code(page).focus();
    await page.keyboard.press('Control+z');
    await expect.poll(() => code(page).innerText()).not.toContain('# mine');
    await page.keyboard.press('Control+y');
    await expect.poll(() => code(page).innerText()).toContain('# mine');

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API key or token').waitFor();
    expect(await page.evaluate('JSON.stringify(sessionStorage)')).toBe('{}');
    await signIn(page);
    expect(await code(page).innerText()).not.toContain('# mine');
    expect(complaints).toEqual([]);
  });

  it('has its jobs beside it while half a line cannot be read', async () => {
    if (browser === undefined) return;
    const { page, complaints } = await openEditor(browser);
    const graph = page.getByRole('group', { name: 'What needs what' });
    await graph.getByRole('button', { name: /hello/u }).waitFor();
    await code(page).focus();
    await page.keyboard.press('Control+Home');
    await page.keyboard.type('name: "');
    await page.getByText('This is what there was').waitFor();
    expect(await page.locator('.plan-parts').getAttribute('inert')).not.toBeNull();
    expect(await graph.getByText('hello').count()).toBe(1);
    expect(await findingsEverywhere(page)).toEqual([]);
    await page.keyboard.press('Shift+Home');
    await page.keyboard.press('Delete');
    await page.getByText('This is what there was').waitFor({ state: 'detached' });
    await graph.getByRole('button', { name: /hello/u }).click();
    await page.getByRole('button', { name: 'Add a step…' }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('is indented behind what a key opens, with the inputs of its node, and is found in', async () => {
    if (browser === undefined) return;
    const { page, complaints } = await openEditor(browser);
    await code(page).focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    for (const line of ['on: manual', 'jobs:', 'a:', 'steps:', '- uses: http@v1', 'with:']) {
      await page.keyboard.insertText(line);
      await page.keyboard.press('Enter');
    }
    await page.keyboard.press('Control+Space');
    await page.getByRole('option', { name: 'url' }).waitFor();
    await page.keyboard.press('Escape');
    expect(await code(page).innerText()).toContain(
      'jobs:\n  a:\n    steps:\n      - uses: http@v1\n        with:\n          ',
    );
    await page.keyboard.press('Control+f');
    const field = page.getByRole('textbox', { name: 'Find' });
    await field.fill('steps');
    const { height = 0 } = (await field.boundingBox()) ?? {};
    expect(height).toBeGreaterThanOrEqual(24);
    expect(await findingsEverywhere(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
