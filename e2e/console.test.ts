/** The console, as a browser has it from a server: signing in, runs as they come, texts of others as texts, and what axe says of it. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findingsEverywhere, findingsOf, openBrowser, openPage } from './browser.ts';
import { needs } from './require.ts';
import { serverPlace } from './server-process.ts';

const key = 'a-long-key-for-the-tests-of-the-console';
const markup = '<img src=x onerror="globalThis.hacked = true"><script>globalThis.hacked = true</script>';

/** Every text in it that somebody else may have written is markup that would run. */
const hostile = `
name: ${JSON.stringify(markup)}
run-name: ${JSON.stringify(`run ${markup}`)}
on: manual
jobs:
  work:
    name: ${JSON.stringify(markup)}
    steps:
      - name: ${JSON.stringify(markup)}
        run: echo "$TEXT"; exit 3
        env: { TEXT: ${JSON.stringify(markup)} }
`;

/** Has written something, and waits then. */
const asking = `
name: asking
on: manual
jobs:
  ask:
    steps:
      - run: printf '\\033[31mtwo\\033[0m words\\n'
      - { id: review, uses: approval@v1, with: { message: "Ship it?" } }
`;

const isThere = await needs('chromium');
let browser: Browser | undefined;
beforeAll(async () => {
  if (isThere) browser = await openBrowser();
});
afterAll(() => browser?.close());

describe.skipIf(!isThere)('the console', { timeout: 300_000 }, () => {
  it('lets in by a key, lists runs as they come, takes no text for markup, and can be used by everybody', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin({ env: { API_KEY: key } });
    const submit = (workflow: string, labels: Readonly<Record<string, string>> = {}) =>
      fetch(new URL('/v1/workflows', server.url), {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ workflow, labels }),
      });
    const { page, complaints } = await openPage(browser);
    await page.goto(new URL('/ui', server.url).href);
    expect(new URL(page.url()).pathname).toBe('/ui/');

    await page.getByLabel('API key or token').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('The server does not know this key or token').waitFor();
    expect(await findingsEverywhere(page)).toEqual([]);

    await page.getByLabel('API key or token').fill(key);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'There are no runs yet' }).waitFor();
    expect(page.url()).not.toContain(key);
    expect(await page.context().cookies()).toEqual([]);

    // The editor, which is loaded only now, reads its text in a worker.
    await page.getByRole('link', { name: 'Editor' }).click();
    await page.getByText('Nothing is wrong.').waitFor();
    expect(await findingsOf(page)).toEqual([]);
    await page.getByRole('link', { name: 'Runs' }).click();

    // A run shows without anybody asking for it.
    expect((await submit(hostile, { team: markup })).status).toBe(201);
    const list = page.getByRole('list', { name: 'Runs, newest first' });
    await list.getByText('Failure', { exact: true }).waitFor();
    expect(await list.innerText()).toContain(`run ${markup}`);
    expect(await list.innerText()).toContain(`team:${markup}`);
    expect(await findingsEverywhere(page)).toEqual([]);

    // Filters are in the address, and hold after a reload; so does the session.
    await page.getByRole('group', { name: 'Status' }).getByLabel('Success').check();
    await page.getByText('No run fits these filters').waitFor();
    expect(page.url()).toMatch(/#\/runs\?status=success$/u);
    await page.reload();
    await page.getByText('No run fits these filters').waitFor();
    await page.getByRole('link', { name: 'Clear the filters' }).click();

    await list.getByRole('checkbox').check();
    await page.getByRole('button', { name: 'Run again…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).click();
    await page.getByText('Done for 1 run.').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await list.getByText('attempt 2').waitFor();

    // The run itself: the step that failed is selected, with its log.
    await list.getByRole('link').click();
    await page.getByRole('heading', { level: 1, name: `run ${markup}` }).waitFor();
    const log = page.getByRole('region', { name: 'Log' });
    // Of both attempts.
    await expect.poll(() => log.getByText(markup).count()).toBe(2);
    await page.getByRole('region', { name: 'The selected step' }).getByText('STEP_FAILED').waitFor();
    expect(await findingsEverywhere(page)).toEqual([]);
    await page.getByRole('link', { name: 'Boundary' }).click();
    await page.getByRole('list', { name: 'Boundary' }).getByText('exec.run').first().waitFor();
    expect(await findingsEverywhere(page)).toEqual([]);

    // One that waits: what it wrote before is there, and it goes on once it may.
    const asked = (await (await submit(asking)).json()) as { readonly id: string }; // As the API says.
    await page.goto(new URL(`/ui/#/runs/${asked.id}?job=ask&step=0`, server.url).href);
    await page.getByRole('button', { name: 'Approve' }).click();
    await log.getByText('two words').waitFor();
    await page.getByLabel('Comment').fill('in stock');
    await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).click();
    await page.getByRole('button', { name: 'Run again', exact: true }).waitFor();

    await page.getByText('Settings').click();
    await page.getByLabel('Language').selectOption('中文');
    await page.getByRole('button', { name: '退出登录' }).click();
    await page.getByRole('button', { name: '登录', exact: true }).waitFor();
    expect(await page.evaluate('JSON.stringify([sessionStorage, localStorage])')).not.toContain(key);
    expect(await page.evaluate('globalThis.hacked')).toBeUndefined();
    expect(complaints).toEqual([]);
    expect(server.process.stderr).not.toContain(key);
  });
});
