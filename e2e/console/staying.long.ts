/** What somebody is at stays as it is, while runs go on and they come and go: what is selected, typed and scrolled to. */
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findingsEverywhere, openBrowser, openPage } from '../browser.ts';
import { needs } from '../require.ts';
import { askServer, endedRun, type ServerProcess, serverPlace } from '../server-process.ts';

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

describe.skipIf(!isThere)('a log', () => {
  it('is saved whole, however little of it is shown', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin();
    const run = await submitted(server, 'on: manual\njobs: { a: { steps: [{ id: s, run: seq 1 20000 }] } }\n');
    await endedRun(server, run);
    const { page, complaints } = await openPage(browser);
    await page.goto(new URL(`/ui/#/runs/${run}`, server.url).href);
    await page.getByText('20000', { exact: true }).waitFor();
    expect(await page.locator('.line .at').last().getAttribute('title')).toMatch(/\d{4}-\d\d-\d\dT.*Z\)$/u);
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save the whole log' }).press('Enter');
    const download = await saved;
    expect(download.suggestedFilename()).toBe(`${run}_a_s.log`);
    const text = readFileSync(await download.path(), 'utf8');
    expect(text.split('\n').filter((line) => line.startsWith('[a/s] '))).toHaveLength(20_000);
    expect(complaints).toEqual([]);
  });
});

/** So many runs, with these steps. */
async function manyRuns(server: ServerProcess, count: number, steps: string): Promise<void> {
  const workflow = `name: many\non: manual\njobs: { work: { steps: [${steps}] } }\n`;
  for (let index = 0; index < count; index += 1) await submitted(server, workflow);
}

const waiting = '{ uses: approval@v1, with: { message: go on } }';

describe.skipIf(!isThere)('the list of runs', () => {
  it('is where it was left, with what was selected, typed and opened', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin();
    await manyRuns(server, 52, waiting);
    const { page, complaints } = await openPage(browser);
    await page.goto(new URL('/ui/', server.url).href);
    const rows = page.getByRole('list', { name: 'Runs, newest first' }).getByRole('listitem');
    await expect.poll(() => rows.count()).toBe(50);
    await rows.nth(20).getByRole('checkbox').check();
    const left = await page.evaluate('scrollY');
    expect(left).toBeGreaterThan(300);
    await rows.nth(20).getByRole('link').click();
    await page.getByRole('button', { name: 'Approve' }).waitFor();
    await page.goBack();
    await expect.poll(() => page.evaluate('scrollY')).toBe(left);
    expect(await rows.nth(20).getByRole('checkbox').isChecked()).toBe(true);
    await page.getByRole('link', { name: 'Older' }).click();
    await expect.poll(() => rows.count()).toBe(2);
    expect(await page.evaluate('scrollY')).toBe(0);
    await page.goBack();
    await page.getByText('1 run selected').waitFor();

    await page.getByText('Filters', { exact: true }).click();
    await page.getByLabel('Workflow or run').fill('many');
    await page.getByRole('checkbox', { name: 'Waiting' }).check();
    await page.waitForURL(/status=waiting/u);
    expect(await page.getByLabel('Workflow or run').inputValue()).toBe('many');
    await page.getByLabel('Created from').fill('2026-01-01T12:00');
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.waitForURL(/status=waiting.*name=many.*from=2026-01-01T\d\d%3A\d\d%3A00Z/u);
    expect(await page.getByLabel('Created from').inputValue()).toBe('2026-01-01T12:00');
    expect(complaints).toEqual([]);
  });

  it('stays in its place under what says that the server does not answer, until it does', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin();
    await manyRuns(server, 30, waiting);
    const { page } = await openPage(browser);
    await page.goto(new URL('/ui/', server.url).href);
    const rows = page.getByRole('list', { name: 'Runs, newest first' }).getByRole('listitem');
    await expect.poll(() => rows.count()).toBe(30);
    await rows.nth(20).getByRole('checkbox').check();
    const before = { box: await rows.nth(20).boundingBox(), scrolled: await page.evaluate('scrollY') };
    await page.context().setOffline(true);
    const problem = page.getByRole('alert');
    await problem.getByText('The server does not answer').waitFor();
    expect({ box: await rows.nth(20).boundingBox(), scrolled: await page.evaluate('scrollY') }).toEqual(before);
    // It can be read whole, and be gone through by the keyboard.
    const [lies, screen] = [await problem.boundingBox(), page.viewportSize()];
    expect(lies?.x).toBeGreaterThanOrEqual(0);
    expect((lies?.x ?? 0) + (lies?.width ?? 0)).toBeLessThanOrEqual(screen?.width ?? 0);
    expect((lies?.y ?? 0) + (lies?.height ?? 0)).toBeLessThanOrEqual(screen?.height ?? 0);
    expect(await findingsEverywhere(page)).toEqual([]);
    await page.context().setOffline(false);
    await expect.poll(() => problem.count()).toBe(0);
    expect(await rows.nth(20).getByRole('checkbox').isChecked()).toBe(true);
    expect({ box: await rows.nth(20).boundingBox(), scrolled: await page.evaluate('scrollY') }).toEqual(before);
  });

  it('keeps a selection that nothing was done with, and tells what became of the rest', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin();
    await manyRuns(server, 8, waiting);
    const { page, complaints } = await openPage(browser);
    await page.goto(new URL('/ui/', server.url).href);
    await page.getByLabel('Select all on this page').check();
    await page.getByRole('button', { name: 'Cancel…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Cancel 8 runs?').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('8 runs selected').waitFor();

    // The third is kept from its answer, and the server has too much to do for one.
    const { promise: goesOn, resolve: goOn } = Promise.withResolvers<void>();
    let asked = 0;
    await page.route('**/cancel', async (route) => {
      asked += 1;
      if (asked === 2) return await route.fulfill({ status: 429, headers: { 'retry-after': '1' }, body: '{}' });
      if (asked === 3) await goesOn;
      return await route.continue();
    });
    await page.getByRole('button', { name: 'Cancel…' }).click();
    await dialog.getByRole('button', { name: 'Yes' }).click();
    await dialog.getByText('Done for 7 runs.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('Cancelling: 7 of 8 runs').waitFor();
    expect(await findingsEverywhere(page)).toEqual([]);
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Agents' }).click();
    goOn();
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Runs' }).click();
    await page.getByText('Cancelling: 8 of 8 runs').waitFor();
    await page.getByRole('button', { name: 'Show' }).click();
    await dialog.getByText('Done for 8 runs.').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await expect
      .poll(async () => {
        const { body } = await askServer(server, '/v1/workflows?status=cancelled');
        return body['workflows'];
      })
      .toHaveLength(8);
    expect(complaints).toEqual([]);
  });
});
