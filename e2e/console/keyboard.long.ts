/** Where the focus is while somebody works by keyboard, and how far it is to what they look for; and in which language what is read out is. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findingsEverywhere, openBrowser, openPage } from '../browser.ts';
import { needs } from '../require.ts';
import { askServer, endedRun, serverPlace } from '../server-process.ts';

const asking = `
name: asking
on: manual
jobs: { ask: { steps: [{ id: review, uses: approval@v1, with: { message: "Ship it?" } }] } }
`;

const failing = `
name: failing
on: manual
jobs: { fail: { steps: [{ run: exit 3 }] } }
`;

const isThere = await needs('chromium');
let browser: Browser | undefined;
beforeAll(async () => {
  if (isThere) browser = await openBrowser();
});
afterAll(() => browser?.close());

/** What has the focus: its id, or its text. */
async function focused(page: Page): Promise<string> {
  return String(
    await page.evaluate(
      "document.activeElement === document.body ? 'nothing' : document.activeElement.id || document.activeElement.textContent",
    ),
  );
}

describe.skipIf(!isThere)('who works by keyboard', () => {
  it('is kept at their place when a dialog closes, and what opened it is gone', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin();
    const { body } = await askServer(server, '/v1/workflows', { workflow: asking });
    const { page, complaints } = await openPage(browser);
    await page.goto(new URL(`/ui/#/runs/${String(body['id'])}`, server.url).href);
    await page.getByRole('button', { name: 'Approve' }).press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect.poll(() => focused(page)).toBe('Approve');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).press('Enter');
    await page.getByRole('button', { name: 'Approve' }).waitFor({ state: 'detached' });
    await expect.poll(() => focused(page)).toBe('content');
    await endedRun(server, String(body['id']));

    await page.goto(new URL('/ui/', server.url).href);
    await page.getByRole('checkbox', { name: 'asking' }).press('Space');
    await page.getByRole('button', { name: 'Run again' }).press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect.poll(() => focused(page)).not.toBe('nothing');
    expect(complaints).toEqual([]);
  });

  it('moves a job to the end in the editor, and stays at the button that did it', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin();
    const { page, complaints } = await openPage(browser);
    await page.goto(new URL('/ui/', server.url).href);
    const steps = 'steps: [{ run: echo }]';
    const kept = { name: 'two.yml', whole: `on: manual\njobs:\n  one:\n    ${steps}\n  two:\n    ${steps}\n` };
    await page.evaluate(`sessionStorage.setItem('waterflow-draft', ${JSON.stringify(JSON.stringify(kept))})`);
    await page.goto(new URL('/ui/#/editor', server.url).href);
    await page.getByRole('group', { name: 'What needs what' }).getByRole('button', { name: /one/u }).press('Enter');
    const job = page.getByRole('region', { name: 'The job at the cursor' });
    const down = job.getByRole('button', { name: 'Down' });
    await down.press('Enter');
    await expect.poll(() => down.getAttribute('aria-disabled')).toBe('true');
    expect(await focused(page)).toBe('Down');
    // It does nothing there.
    await page.keyboard.press('Enter');
    await job.getByRole('button', { name: 'Up' }).press('Enter');
    await expect.poll(() => down.getAttribute('aria-disabled')).toBe('false');
    expect(complaints).toEqual([]);
  });
});

/** Two hundred jobs in twenty columns, and cells whose names begin alike. */
const many = `
name: many
on: manual
jobs:
${Array.from({ length: 200 }, (_, index) => {
  const needed = index < 10 ? '' : `needs: j${index - 10}, `;
  return `  j${index}: { ${needed}steps: [{ uses: sleep@v1, with: { duration: 1ms } }] }`;
}).join('\n')}
  build:
    strategy: { matrix: { image: [registry.example.com/team/the-long-name-of-a-service], kind: [debug, release] } }
    steps: [{ uses: sleep@v1, with: { duration: 1ms } }]
`;

describe.skipIf(!isThere)('a run of many jobs', () => {
  it('begins at the job that the address names, which is one stop of the Tab key from the list and the graph', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin();
    const { body } = await askServer(server, '/v1/workflows', { workflow: many });
    await endedRun(server, String(body['id']));
    const { page, complaints } = await openPage(browser);
    await page.goto(new URL(`/ui/#/runs/${String(body['id'])}?job=j151`, server.url).href);
    const graph = page.getByRole('group', { name: 'Graph of the jobs' }).last();
    const list = page.getByRole('navigation', { name: 'Jobs' });
    const node = graph.getByRole('link', { name: /j151/u });
    const row = list.getByRole('link', { name: /j151/u });
    const isSeen = (place: string, within: string): Promise<unknown> =>
      page.evaluate(`(() => {
        const [part, whole] = ['${place}', '${within}'].map((one) => document.querySelector(one).getBoundingClientRect());
        return part.top >= whole.top && part.bottom <= whole.bottom && part.left >= whole.left && part.right <= whole.right;
      })()`);
    await row.waitFor();
    await expect.poll(() => isSeen('.node.selected', '.graph-box')).toBe(true);
    await expect.poll(() => isSeen('.tree [aria-current]', '.tree')).toBe(true);
    // From the graph to the search, to the list, and beyond it.
    await node.focus();
    await page.keyboard.press('ArrowRight');
    expect(await focused(page)).toContain('j161');
    await page.keyboard.press('ArrowDown');
    expect(await focused(page)).toContain('j162');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toContain('sleep@v1');
    await page.keyboard.press('ArrowDown');
    expect(await focused(page)).toContain('j152');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Run again from this job');
    await page.getByRole('button', { name: 'Fit', exact: true }).press('Enter');
    await expect
      .poll(() =>
        page.evaluate(
          "document.querySelector('.graph-box').scrollWidth <= document.querySelector('.graph-box').clientWidth",
        ),
      )
      .toBe(true);
    await page.getByRole('button', { name: 'Enlarge' }).press('Enter');
    await page.getByRole('searchbox', { name: 'Search the jobs' }).fill('service');
    await expect.poll(() => list.getByRole('listitem').count()).toBe(2);
    expect(await list.getByText('debug').count()).toBe(1);
    expect(await findingsEverywhere(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });
});

/** Colours of which none has enough contrast in one of the themes, and a bar that is written over. */
const colourful = `
name: colourful
on: manual
jobs:
  paint:
    steps:
      - run: |
          printf '10%%\\r50%%\\r100%%\\n'
          printf '\\033[38;5;226myellow\\033[0m \\033[38;2;20;20;60mdark\\033[0m \\033[30;44mon blue\\033[0m \\033[7mturned\\033[0m\\n'
          seq 1 300
`;

describe.skipIf(!isThere)('the lines of a log and of a file', () => {
  it('are one stop of the Tab key, and each has its link; colours can be read', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin();
    const { body } = await askServer(server, '/v1/workflows', { workflow: colourful });
    const run = String(body['id']);
    await endedRun(server, run);
    const { page, complaints } = await openPage(browser);
    await page.goto(new URL(`/ui/#/runs/${run}`, server.url).href);
    const box = page.locator('.log-box');
    await box.getByText('300', { exact: true }).waitFor();
    await box.focus();
    await page.keyboard.press('Home');
    await box.getByText('turned').waitFor();
    expect(await box.locator('.text').first().innerText()).toBe('100%');
    expect(await findingsEverywhere(page)).toEqual([]);
    const name = (): Promise<unknown> => page.evaluate("document.activeElement.getAttribute('aria-label')");
    await page.keyboard.press('Tab');
    await expect.poll(name).toMatch(/^[\d:]{8} 100%$/u);
    for (let line = 0; line < 60; line += 1) await page.keyboard.press('ArrowDown');
    expect(await name()).toMatch(/^[\d:]{8} 59$/u);
    // The line goes, and the focus stays in the box.
    await page.keyboard.press('End');
    await expect.poll(() => page.evaluate('document.activeElement.className')).toBe('log-box');
    await box.getByText('300', { exact: true }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await box.locator('.line.current').waitFor();
    expect(page.url()).toContain('line=');

    await page.goto(new URL(`/ui/#/runs/${run}/file`, server.url).href);
    await page.getByRole('region', { name: 'Text of workflow.yml' }).focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowDown');
    expect(await name()).toBe('Line 2');
    await page.keyboard.press('Enter');
    await page.locator('.line.current').waitFor();
    expect(complaints).toEqual([]);
  });

  it('and statuses, and what is current, are told apart where the system has its own colours', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin();
    const { body } = await askServer(server, '/v1/workflows', { workflow: failing });
    await endedRun(server, String(body['id']));
    const { page } = await openPage(browser);
    await page.emulateMedia({ forcedColors: 'active' });
    await page.goto(new URL(`/ui/#/runs/${String(body['id'])}/timeline`, server.url).href);
    await page.locator('.mark.run').first().waitFor();
    const styleOf = (place: string, property: string): Promise<unknown> =>
      page.evaluate(`getComputedStyle(document.querySelector('${place}')).getPropertyValue('${property}')`);
    const ground = await styleOf('body', 'background-color');
    expect(await styleOf('.mark.run', 'background-color')).not.toBe(ground);
    expect(await styleOf('.status .dot', 'background-color')).not.toBe(ground);
    expect(await styleOf('.sides [aria-current]', 'border-bottom-style')).toBe('solid');
    expect(await findingsEverywhere(page)).toEqual([]);
  });
});

describe.skipIf(!isThere)('what the server says', () => {
  it('is marked as English in the Chinese console', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin();
    const { body } = await askServer(server, '/v1/workflows', { workflow: failing });
    await endedRun(server, String(body['id']));
    const { page } = await openPage(browser);
    await page.goto(new URL('/ui/', server.url).href);
    await page.evaluate("localStorage.setItem('waterflow-language', 'zh')");
    await page.reload();
    await page.goto(new URL(`/ui/#/runs/${String(body['id'])}`, server.url).href);
    await page.locator('.error-box code + [lang]').first().waitFor();
    const languageOf = (place: string): Promise<unknown> =>
      page.evaluate(`document.querySelector(${JSON.stringify(place)}).closest('[lang]').lang`);
    expect(await languageOf('main h1')).toBe('zh-Hans');
    expect(await languageOf('.error-box code + [lang]')).toBe('en');
    await page.goto(new URL('/ui/#/runs/run-nowhere', server.url).href);
    await page.locator('.problem .breakable').first().waitFor();
    expect(await languageOf('.problem .breakable')).toBe('en');
    expect(await languageOf('.problem h2')).toBe('zh-Hans');
  });
});
