/** What somebody is at stays as it is, while runs go on and they come and go: what is selected, typed and scrolled to. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, openPage } from '../browser.ts';
import { needs } from '../require.ts';
import { askServer, type ServerProcess, serverPlace } from '../server-process.ts';

const isThere = await needs('chromium');
let browser: Browser | undefined;
beforeAll(async () => {
  if (isThere) browser = await openBrowser();
});
afterAll(() => browser?.close());

async function submitted(server: ServerProcess, workflow: string): Promise<string> {
  const { status, body } = await askServer(server, '/v1/workflows', { workflow });
  expect(status).toBe(201);
  return String(body['id']);
}

/** Each step waits until the test lets it go on. */
const stepwise = `
name: stepwise
on: manual
jobs:
  a: { steps: [{ id: sa, uses: approval@v1, with: { message: go on } }] }
  b:
    needs: a
    steps:
      - { id: sb, uses: approval@v1, with: { message: go on } }
      - { id: sb2, uses: approval@v1, with: { message: go on } }
`;

const current = (page: Page) => page.getByRole('navigation', { name: 'Jobs' }).locator('[aria-current=page]');

describe.skipIf(!isThere)('while a run goes on', () => {
  it('keeps to what was selected, and leads to where the run is', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin();
    const run = await submitted(server, stepwise);
    const approve = async (job: string, step: string): Promise<void> => {
      const path = `/v1/workflows/${run}/approvals`;
      await expect
        .poll(async () => (await askServer(server, path, { decision: 'approve', job, step })).status)
        .toBeLessThan(300);
    };
    const { page, complaints } = await openPage(browser);
    await page.goto(new URL(`/ui/#/runs/${run}`, server.url).href);
    await page.getByRole('button', { name: 'Approve' }).waitFor();
    expect(await current(page).getAttribute('href')).toMatch(/job=a&step=sa$/u);
    await approve('a', 'sa');
    const link = page.getByRole('link', { name: 'The run is at job b now' });
    await link.waitFor();
    expect(await current(page).getAttribute('href')).toMatch(/job=a&step=sa$/u);
    await link.press('Enter');
    await expect.poll(() => current(page).getAttribute('href')).toMatch(/job=b&step=sb$/u);
    await approve('b', 'sb');
    await page.getByRole('link', { name: /^The job is at step .* now$/u }).waitFor();
    expect(await current(page).getAttribute('href')).toMatch(/job=b&step=sb$/u);
    // What isn't there isn't passed over.
    await page.goto(new URL(`/ui/#/runs/${run}?job=nope`, server.url).href);
    await page.getByText('This run has no job nope.').waitFor();
    expect(complaints).toEqual([]);
  });
});
