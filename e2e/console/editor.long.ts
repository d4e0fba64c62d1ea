/** The workflow editor, with the keyboard and the pointer: what it says of a text, what it changes in it, and that it runs it. */
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

async function openEditor(within: Browser, url: string): Promise<Awaited<ReturnType<typeof openPage>>> {
  const opened = await openPage(within);
  await opened.page.goto(new URL('/ui/#/editor', url).href);
  await opened.page.getByLabel('API key or token').fill(adminKey);
  await opened.page.keyboard.press('Enter');
  await opened.page.getByText('Nothing is wrong.').waitFor();
  return opened;
}

const code = (page: Page) => page.getByRole('textbox', { name: 'Workflow', exact: true });

/** The text as it is kept for this tab. */
async function textOf(page: Page): Promise<string> {
  const kept = String(await page.evaluate("sessionStorage.getItem('waterflow-draft')"));
  // As draft.ts keeps it.
  return (JSON.parse(kept) as { readonly whole: string }).whole;
}

const written = `# What it is for.
on:
  manual:
    inputs:
      target: { type: choice, options: [staging, live], default: staging }
      count: { type: number, required: true }
jobs:
  build: # quick
    steps:
      - run: echo "$TOKEN for $TARGET"
        env:
          TOKEN: \${{ secrets.TOKEN }}
          TARGET: \${{ inputs.target }}
  ship:
    steps:
      # Waits.
      - uses: sleep@v1
        with: { duration: 1s }
`;

/** Opens a file as a person does, in the place of what is there. */
async function openFile(page: Page, name: string, text: string): Promise<void> {
  await page
    .locator('input[type=file]:not([multiple])')
    .setInputFiles({ name, mimeType: 'application/yaml', buffer: Buffer.from(text) });
  const dialog = page.getByRole('dialog');
  await expect.poll(async () => (await dialog.count()) > 0 || (await textOf(page)) === text).toBe(true);
  if ((await dialog.count()) > 0) await dialog.getByRole('button', { name: 'Yes' }).click();
}

describe.skipIf(!isThere)('the workflow editor', () => {
  it('says what is wrong while one writes, leads there and corrects it, by keyboard alone', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin({ env: { API_KEY: adminKey } });
    const { page, complaints } = await openEditor(browser, server.url);
    expect(await findingsEverywhere(page)).toEqual([]);
    await code(page).focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    // The first job of a file that says nothing.
    await page.getByRole('button', { name: 'Add a job…' }).press('Enter');
    await page.getByRole('dialog').getByLabel('Id').fill('first');
    expect(await findingsEverywhere(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await expect.poll(() => textOf(page)).toContain('on: manual\n\njobs:\n  first:\n    steps:\n');
    await code(page).focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText('jobs:\n  one:\n    stepz:\n      - uses: htp@v1\n');
    await page.getByText(/[12] errors?, 0 warnings/u).waitFor();
    const problems = page.getByRole('region', { name: 'Problems' });
    await problems.getByText('UNKNOWN_KEY').waitFor();
    expect(await findingsEverywhere(page)).toEqual([]);
    await page.keyboard.press('F8');
    await problems.getByRole('button', { name: 'Fix: write `steps`' }).press('Enter');
    await expect.poll(() => textOf(page)).toContain('    steps:\n');
    // A node by its first letters.
    await code(page).focus();
    await page.keyboard.press('Control+End');
    await page.keyboard.type('      - uses: slee');
    await page.getByRole('option', { name: 'sleep@v1' }).waitFor();
    expect(await findingsEverywhere(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await expect.poll(() => textOf(page)).toContain('      - uses: sleep@v1');
    // More than their box holds: it is reached by keyboard, too.
    await page.keyboard.press('Enter');
    await page.keyboard.press('Control+Space');
    const suggested = page.getByRole('listbox');
    await suggested.waitFor();
    expect(await findingsEverywhere(page)).toEqual([]);
    await page.keyboard.press('Tab');
    const isIn = (role: string): Promise<boolean> => page.locator(`[role=${role}]:focus`).isVisible();
    await expect.poll(() => isIn('listbox')).toBe(true);
    await page.keyboard.press('Escape');
    await expect.poll(() => isIn('textbox')).toBe(true);
    // What it is, where the pointer rests on it.
    await page.locator('.cm-line', { hasText: 'uses: sleep@v1' }).hover({ position: { x: 150, y: 8 } });
    await page.getByText('across restarts').waitFor();
    await page.reload();
    await page.getByText('2 errors, 0 warnings').waitFor();
    expect(complaints).toEqual([]);
  });

  it('edits jobs and steps without a word of YAML, and takes it back to the byte', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin({ env: { API_KEY: adminKey } });
    const { page, complaints } = await openEditor(browser, server.url);
    await openFile(page, 'mine.yml', written);
    const graph = page.getByRole('group', { name: 'What needs what' });
    await graph.getByRole('button', { name: /ship/u }).click();
    await graph.getByRole('button', { name: /build/u }).dragTo(graph.getByRole('button', { name: /ship/u }));
    await expect.poll(() => textOf(page)).toContain('  ship:\n    needs: [build]\n    steps:\n');
    await page.getByRole('group', { name: 'Needs' }).getByLabel('build').uncheck();
    await expect.poll(() => textOf(page)).toBe(written);
    await page.getByRole('group', { name: 'Needs' }).getByLabel('build').check();
    await expect.poll(() => textOf(page)).toContain('  ship:\n    needs: [build]\n    steps:\n');
    await page.getByLabel('Id', { exact: true }).fill('deliver');
    await page.keyboard.press('Tab');
    await expect.poll(() => textOf(page)).toContain('  deliver:\n    needs: [build]\n');
    const job = page.getByRole('region', { name: 'The job at the cursor' });
    await job.getByLabel('runs-on').fill('local');
    await page.keyboard.press('Tab');
    await expect.poll(() => textOf(page)).toContain('    needs: [build]\n    runs-on: local\n');
    await graph.getByRole('button', { name: /build/u }).click();
    await page.getByRole('button', { name: 'Delete the job' }).click();
    await expect.poll(() => textOf(page)).not.toContain('build');
    expect(await textOf(page)).toContain('  # quick\n');
    await code(page).focus();
    for (let edits = 0; edits < 5; edits += 1) await page.keyboard.press('Control+z');
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => textOf(page)).toBe(written);

    await graph.getByRole('button', { name: /ship/u }).click();
    await page.getByRole('button', { name: 'Add a step…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('What it does').selectOption('http@v1');
    await dialog.getByLabel('url').fill('https://example.com/');
    expect(await findingsEverywhere(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Add' }).click();
    await expect
      .poll(() => textOf(page))
      .toContain('      - uses: http@v1\n        with:\n          url: https://example.com/\n');
    await page.getByRole('list', { name: 'Steps' }).getByRole('button', { name: 'http@v1' }).click();
    const step = page.getByRole('region', { name: 'The step at the cursor' });
    await step.getByLabel('method').selectOption('PUT');
    await expect.poll(() => textOf(page)).toContain('          method: PUT\n');
    expect(await findingsEverywhere(page)).toEqual([]);
    // What would break it isn't done.
    await page.getByRole('list', { name: 'Steps' }).getByRole('button', { name: 'sleep@v1' }).click();
    await step.getByLabel('duration').fill('soon');
    await page.keyboard.press('Tab');
    await page.getByRole('alert').getByText('INVALID_VALUE').waitFor();
    expect(await textOf(page)).toContain('# Waits.\n      - uses: sleep@v1\n        with: { duration: 1s }\n');
    expect(await findingsEverywhere(page)).toEqual([]);
    // It goes on being the one that is chosen, wherever it is moved.
    await step.getByRole('button', { name: 'Down' }).press('Enter');
    await expect.poll(() => textOf(page)).toMatch(/PUT\n {6}# Waits\.\n {6}- uses: sleep@v1\n.*\n$/u);
    await step.getByLabel('Move it to the job').selectOption('build');
    await expect.poll(() => textOf(page)).toMatch(/inputs\.target \}\}\n {6}# Waits\.\n {6}- uses: sleep@v1\n/u);
    await step.getByLabel('duration').fill('2s');
    await page.keyboard.press('Tab');
    await expect.poll(() => textOf(page)).toContain('{ duration: 2s }');
    expect(complaints).toEqual([]);
  });

  it('takes no text of a workflow for markup, and opens nothing that is no text', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin({ env: { API_KEY: adminKey } });
    const { page, complaints } = await openEditor(browser, server.url);
    const markup = '<img src=x onerror="globalThis.hacked = true"><script>globalThis.hacked = true</script>';
    const quoted = JSON.stringify(markup);
    const hostile = `name: ${quoted}
on: { manual: { inputs: { a: { description: ${quoted}, default: ${quoted} } } } }
jobs:
  ${quoted}: { name: ${quoted}, needs: ${quoted}, steps: [{ name: ${quoted}, run: ${quoted} }, { uses: ${quoted} }] }
  work: { needs: ${quoted}, steps: [{ uses: http@v1, with: { url: ${quoted} } }] }
`;
    await openFile(page, `${markup}.yml`, hostile);
    await page.getByRole('group', { name: 'What needs what' }).getByText(markup).first().click();
    await page.getByRole('list', { name: 'Steps' }).getByRole('button', { name: markup }).first().click();
    await page
      .getByRole('region', { name: 'Problems' })
      .getByText(/script/u)
      .first()
      .waitFor();
    expect(await findingsEverywhere(page)).toEqual([]);
    const chooser = page.locator('input[type=file]:not([multiple])');
    await chooser.setInputFiles({ name: 'w.yml', mimeType: 'application/yaml', buffer: Buffer.from([0xc3, 0x28]) });
    await page.getByText('w.yml is no text in UTF-8').waitFor();
    expect(await textOf(page)).toBe(hostile);
    expect(await page.evaluate('globalThis.hacked')).toBeUndefined();
    expect(complaints).toEqual([]);
  });

  it('hands in the workflows that it calls, and completes queues', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin({ env: { API_KEY: adminKey } });
    const { page, complaints } = await openEditor(browser, server.url);
    const problems = page.getByRole('region', { name: 'Problems' });
    const beside = page.getByRole('region', { name: 'Files beside it' });
    const called = 'on: { workflow_call: {} }\njobs: { hello: { steps: [{ run: echo called }] } }\n';
    await openFile(page, 'mine.yml', 'on: manual\njobs: { a: { uses: ./other.yml }, b: { uses: ./jobs/third.yml } }\n');
    await page.getByText('2 errors, 0 warnings').waitFor();
    await page
      .locator('input[type=file][multiple]')
      .setInputFiles({ name: 'other.yml', mimeType: 'application/yaml', buffer: Buffer.from(called) });
    await page.getByText('1 error, 0 warnings').waitFor();
    await beside.getByRole('button', { name: 'Write a file…' }).press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Path, from the workflow').fill('jobs/third.yml');
    await dialog.getByLabel('Text').fill(called.replace('steps', 'stepz'));
    expect(await findingsEverywhere(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Keep' }).click();
    // What is wrong in it leads there.
    await problems.getByRole('button', { name: 'jobs/third.yml:2:' }).first().press('Enter');
    await dialog.getByLabel('Text').fill(called);
    await dialog.getByRole('button', { name: 'Keep' }).click();
    await page.getByText('Nothing is wrong.').waitFor();
    await page.reload();
    await page.getByText('Nothing is wrong.').waitFor();
    expect(await findingsEverywhere(page)).toEqual([]);
    await page.getByRole('button', { name: 'Run…' }).click();
    await dialog.getByRole('button', { name: 'Run…' }).click();
    await page.waitForURL(/#\/runs\/run-/u);
    const run = new URL(`/v1/workflows/${page.url().replace(/^.*\//u, '')}`, server.url);
    const headers = { authorization: `Bearer ${adminKey}` };
    await expect
      .poll(async () => (await fetch(run, { headers })).json(), { timeout: 60_000 })
      .toMatchObject({ status: 'success' });
    await page.goBack();
    await page.getByText('Nothing is wrong.').waitFor();

    await openFile(page, 'mine.yml', 'on: manual\njobs:\n  a:\n    steps: [{ uses: ./plugin }]\n');
    await problems.getByText('LOCAL_PLUGIN').waitFor();
    expect(await beside.getByRole('listitem').count()).toBe(0);
    await code(page).focus();
    await page.keyboard.press('Control+End');
    await page.keyboard.type('    runs-on: lo');
    await page.getByRole('option', { name: 'local' }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('opens a copy of the workflow of a run, from the line that an error names', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin({ env: { API_KEY: adminKey } });
    const called = 'on: workflow_call\njobs:\n  inner:\n    steps:\n      - run: echo "${{ fromJSON(\'[1,\') }}"\n';
    const whole = '# As <b>written</b>.\non: manual\njobs: { call: { uses: ./jobs/inner.yml } }\n';
    const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' };
    const answer = await fetch(new URL('/v1/workflows', server.url), {
      method: 'POST',
      headers,
      body: JSON.stringify({ workflow: whole, file: 'ci/outer.yml', files: { './jobs/inner.yml': called } }),
    });
    // As the API says.
    const { id } = (await answer.json()) as { readonly id: string };
    const { page, complaints } = await openEditor(browser, server.url);
    await openFile(page, 'mine.yml', written);
    await page.goto(new URL(`/ui/#/runs/${id}`, server.url).href);
    await page
      .getByRole('link', { name: /inner\.yml:5:/u })
      .first()
      .click();
    expect(await page.locator('.line.current').innerText()).toMatch(/fromJSON/u);
    expect(await findingsEverywhere(page)).toEqual([]);
    await page.getByRole('link', { name: 'Edit a copy' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).click();
    await expect.poll(() => textOf(page)).toBe(whole);
    expect(page.url()).toMatch(/#\/editor$/u);
    await page.getByText('./jobs/inner.yml').first().waitFor();
    await page.getByText('Nothing is wrong.').waitFor();
    expect(complaints).toEqual([]);
  });

  it('runs it with a form made from its inputs, and keeps no secret', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin({ env: { API_KEY: adminKey } });
    const { page, complaints } = await openEditor(browser, server.url);
    await openFile(page, 'mine.yml', written);
    await page.getByRole('button', { name: 'Run…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('target').selectOption('live');
    await dialog.getByLabel('TOKEN').fill('not-a-real-one');
    await dialog.getByRole('button', { name: 'Run…' }).click();
    await dialog.getByText('MISSING_INPUT').waitFor();
    await dialog.getByLabel('count').fill('3');
    expect(await findingsEverywhere(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Run…' }).click();
    await page.getByRole('region', { name: 'Log' }).getByText('*** for live').waitFor();
    expect(page.url()).toMatch(/#\/runs\/run-/u);
    expect(await page.evaluate('JSON.stringify([sessionStorage, localStorage])')).not.toContain('not-a-real-one');
    expect(complaints).toEqual([]);
    expect(server.process.stderr).not.toContain('not-a-real-one');
  });

  it('begins one run, however often it is asked for without an answer', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin({ env: { API_KEY: adminKey } });
    const { page } = await openEditor(browser, server.url);
    let sent = 0;
    // The server gets the request, and the page no answer.
    await page.route('**/v1/workflows', async (route) => {
      sent += 1;
      if (sent > 1) return await route.continue();
      await route.fetch();
      return await route.abort('connectionreset');
    });
    await page.getByRole('button', { name: 'Run…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Run…' }).click();
    await dialog.getByText('The server does not answer').waitFor();
    await dialog.getByRole('button', { name: 'Run…' }).click();
    await page.waitForURL(/#\/runs\/run-/u);
    const headers = { authorization: `Bearer ${adminKey}` };
    const runs = await (await fetch(new URL('/v1/workflows', server.url), { headers })).json();
    expect(runs).toMatchObject({ workflows: [{ id: page.url().replace(/^.*\//u, '') }] });
    expect(runs).toHaveProperty('workflows.length', 1);
    expect(sent).toBe(2);
  });
});
