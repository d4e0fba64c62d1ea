/** Runs and logs as large as they may be: what somebody waits for is told, and nothing is left out. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, openPage } from '../browser.ts';
import { needs } from '../require.ts';
import { askServer, endedRun, serverPlace } from '../server-process.ts';
import { framesOf, spreadOf } from './frames.ts';

const jobs = 1000;
const lines = 1_000_000;

/** A thousand jobs of one step each, ten beside each other. */
const wide = (sleep: string): string => `name: wide
on: manual
jobs:
${Array.from({ length: jobs }, (_, index) => {
  const needed = index < 10 ? '' : `needs: j${index - 10}, `;
  return `  j${index}: { ${needed}steps: [{ uses: sleep@v1, with: { duration: ${sleep} } }] }`;
}).join('\n')}
`;
/** With five jobs in a second, of which each has four events. */
const slow = '2s';
const watchedMs = 20_000;

const long = `
name: long
on: manual
jobs: { count: { steps: [{ run: seq 1 ${lines} }] } }
`;

const isThere = await needs('chromium');
let browser: Browser | undefined;
beforeAll(async () => {
  if (isThere) browser = await openBrowser();
});
afterAll(() => browser?.close());

/** Tells how long something took. */
async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
  const before = performance.now();
  await work();
  process.stdout.write(`${what}: ${Math.round(performance.now() - before)} ms\n`);
}

/** The longest time between two pictures while the page scrolls a box from its top to its end, in ms. */
async function longestFrame(page: Page, box: string): Promise<number> {
  const longest = await page.evaluate(`new Promise((resolve) => {
    const box = document.querySelector('${box}');
    const times = [];
    let last = performance.now();
    let frame = 0;
    const step = (now) => {
      times.push(now - last);
      last = now;
      frame += 1;
      box.scrollTop = (box.scrollHeight * frame) / 120;
      if (frame < 120) requestAnimationFrame(step);
      else resolve(Math.max(...times.slice(1)));
    };
    requestAnimationFrame(step);
  })`);
  return Number(longest);
}

describe.skipIf(!isThere)('the console', () => {
  it('shows a run of a thousand jobs whole', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin();
    const { body } = await askServer(server, '/v1/workflows', { workflow: wide('1ms') });
    const run = String(body['id']);
    await endedRun(server, run);
    const { page, complaints } = await openPage(browser);
    await page.goto(new URL('/ui/', server.url).href);
    await page.getByRole('link', { name: 'wide' }).waitFor();
    const nodes = page.getByRole('group', { name: 'Graph of the jobs' }).last().getByRole('link');
    await timed(`a run of ${jobs} jobs, from the list to its graph`, async () => {
      await page.getByRole('link', { name: 'wide' }).click();
      await nodes.nth(jobs - 1).waitFor({ state: 'attached' });
    });
    expect(await nodes.count()).toBe(jobs);
    process.stdout.write(`its list while it scrolls: ${Math.round(await longestFrame(page, '.tree'))} ms at most\n`);
    expect(complaints).toEqual([]);
  });

  it('draws a run of a thousand jobs while it goes on', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin();
    const { body } = await askServer(server, '/v1/workflows', { workflow: wide(slow) });
    const { page, complaints } = await openPage(browser);
    await page.goto(new URL(`/ui/#/runs/${String(body['id'])}`, server.url).href);
    const graph = page.getByRole('group', { name: 'Graph of the jobs' }).last();
    await graph.getByText('Success').first().waitFor();
    const done = (): Promise<number> => graph.getByText('Success').count();
    const before = await done();
    const { between, tasks } = await framesOf(browser, page, watchedMs);
    expect(await done()).toBeGreaterThan(before);
    process.stdout.write(`between its pictures: ${spreadOf(between)}\n`);
    process.stdout.write(`its tasks of 1 ms and more: ${spreadOf(tasks.filter((time) => time >= 1))}\n`);
    expect(complaints).toEqual([]);
  });

  it('shows any part of a log of a million lines, and finds what is in it', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin();
    const { body } = await askServer(server, '/v1/workflows', { workflow: long });
    const run = String(body['id']);
    await endedRun(server, run);
    const { page, complaints } = await openPage(browser);
    const log = page.getByRole('region', { name: 'Log' });
    const line = (text: number) => log.getByText(String(text), { exact: true });
    await timed(`the end of ${lines} lines`, async () => {
      await page.goto(new URL(`/ui/#/runs/${run}`, server.url).href);
      await line(lines).waitFor();
    });
    process.stdout.write(
      `its lines while they scroll: ${Math.round(await longestFrame(page, '.log-box'))} ms at most\n`,
    );
    await timed('its beginning', async () => {
      await page.getByRole('button', { name: 'From the beginning' }).click();
      await line(1).waitFor();
    });
    await page.getByRole('button', { name: 'To the end' }).click();
    await line(lines).waitFor();
    await page.getByRole('searchbox', { name: 'Search these lines' }).fill('499999');
    await timed('a search through all of it', async () => {
      await page.getByRole('button', { name: 'Search the whole log' }).click();
      await page.getByText('1 place in the whole log').waitFor();
    });
    await log.getByRole('listitem').getByRole('button').click();
    await log.locator('.current').waitFor();
    expect(await log.locator('.current .text').innerText()).toBe('499999');
    // That place has an address of its own.
    await log.locator('.current .at').click();
    await page.reload();
    await log.locator('.current').waitFor();
    expect(await log.locator('.current .text').innerText()).toBe('499999');
    expect(complaints).toEqual([]);
  });

  it('edits a workflow of a thousand jobs', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin();
    const { page, complaints } = await openPage(browser);
    await page.goto(new URL('/ui/', server.url).href);
    const draft = JSON.stringify({ name: 'wide.yml', whole: wide('1ms') });
    await page.evaluate(`sessionStorage.setItem('waterflow-draft', ${JSON.stringify(draft)})`);
    await page.goto(new URL('/ui/#/editor', server.url).href);
    // Looking for a role and a name among a thousand takes longer than what is measured.
    const graph = page.locator('.graph-box');
    const node = (id: string) => graph.locator(`[title="${id}"]`);
    await timed(`the graph of ${jobs} jobs in the editor`, () => node('j999').waitFor({ state: 'attached' }));
    const id = page.getByLabel('Id', { exact: true });
    await timed('a job that is selected', async () => {
      await node('j500').dispatchEvent('click');
      await expect.poll(() => id.inputValue(), { interval: 20 }).toBe('j500');
    });
    await timed('a job that is renamed', async () => {
      await id.fill('k500');
      await id.press('Tab');
      await node('k500').waitFor({ state: 'attached' });
    });
    await timed('a job that is connected', async () => {
      const before = await graph.locator('svg path').count();
      await page.getByLabel('Another job that it needs').fill('j3');
      await page.keyboard.press('Tab');
      await expect.poll(() => graph.locator('svg path').count(), { interval: 20 }).toBe(before + 1);
    });
    expect(await page.getByRole('group', { name: 'Needs' }).getByLabel('j3', { exact: true }).isChecked()).toBe(true);
    expect(complaints).toEqual([]);
  });
});
