/**
 * Markup, and what turns a text around, in all that workflows, plugins and steps write, as somebody who looks at it gets to see it: texts,
 * which run nothing, and read as they are.
 */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainJson, plainLine, visibleText } from '../../schemas/plain-text.ts';
import { findingsEverywhere, openBrowser, openPage } from '../browser.ts';
import { folderWith } from '../command.ts';
import { needs } from '../require.ts';
import { askServer, endedRun, type ServerProcess, serverPlace } from '../server-process.ts';

/** Runs where it is taken for markup, reads `live` where it is turned around, and names its place in what is left of it. */
const markup = (place: string): string =>
  `<img src=x onerror="globalThis.hacked='${place}'"><script>globalThis.hacked='${place}'</script>\u202eevil\u202c ${place}`;
/** As files have it: what can't be seen may stand in them only as escapes. */
const quoted = (place: string): string => plainJson(markup(place));
/** Short enough to stand whole in the key of a job, and in a message on mistakes. */
const [cellValue, badKey] = ['<img src=x>\u202eevil\u202c cell', '<img src=x>\u202eevil\u202c key'];

const manifest = (version: string, more: string): string => `
name: evil
version: ${version}
description: ${quoted('description')}
runtime: isolate
main: index.ts
inputs:
  fails: { type: boolean, default: false, description: ${quoted('input')} }
outputs:
  text: { type: string, description: ${quoted('output-of-manifest')} }
permissions:
  exec:
    - { command: uname, args: any, reason: ${quoted('reason')} }
  fs:
    - ${more}
`;

const code = `import { definePlugin } from 'waterflow/plugin';

export default definePlugin(async ({ fails }: { fails: boolean }, host) => {
  const text = (place: string): string => ${JSON.stringify(markup('PLACE'))}.replaceAll('PLACE', place);
  await host.exec.run({ command: 'uname', args: [text('argument')], stdout: 'capture' }).catch(() => {});
  await host.fs.write(text('path'), 'x').catch(() => {});
  if (fails) throw new Error(text('error'));
  return { text: text('output') };
});
`;

const workflow = `
name: ${quoted('workflow')}
run-name: ${quoted('run-name')}
on:
  manual:
    inputs:
      fails: { type: boolean, default: false }
      text: { type: string, default: ${quoted('value')}, description: ${quoted('asked')} }
jobs:
  cells:
    strategy: { matrix: { flavour: [${plainJson(cellValue)}, plain] } }
    steps: [{ name: ${quoted('step-name')}, run: echo done }]
  work:
    name: ${quoted('job-name')}
    environment: { name: ${quoted('environment')}, url: "https://example.com/\${{ inputs.fails }}" }
    steps:
      - { id: give, uses: evil@1.0.0, with: { fails: "\${{ inputs.fails }}" } }
      - run: printf '%s\\n' "$TEXT"
        env: { TEXT: "\${{ steps.give.outputs.text }}" }
      - if: \${{ steps.give.outputs.text == 'nothing' }}
        run: echo never
      - id: review
        uses: approval@v1
        with: { message: ${quoted('message')}, approvers: [${quoted('approver')}] }
`;

const scheduled = `
name: ${quoted('schedule')}
on: { schedule: [{ cron: "30 2 * * *" }] }
jobs: { tidy: { steps: [{ run: echo tidied }] } }
`;

/** Its plugin is told by hovering and completing, its key by a diagnostic. */
const draft = `on: manual
jobs:
  work:
    ${plainJson(badKey)}: 1
    steps:
      - uses: evil@1.0.0
      - uses: evi`;

const files = {
  'policy.yaml':
    'version: 1\nrules:\n  - plugin: built-in\n    allow: requested\n    profile: host\n  - plugin: evil\n    allow: requested\n',
};
const plugins = {
  'evil@1.0.0/plugin.yaml': manifest('1.0.0', '{ write: "reports/**", reason: keeps them }'),
  'evil@1.0.0/index.ts': code,
  'evil@1.1.0/plugin.yaml': manifest('1.1.0', `{ write: "**", reason: ${quoted('newly')} }`),
  'evil@1.1.0/index.ts': code,
};

const isThere = await needs('chromium');
let browser: Browser | undefined;
beforeAll(async () => {
  if (isThere) browser = await openBrowser();
});
afterAll(() => browser?.close());

/** Opens all that a page has closed. */
const openAll = `for (const each of document.querySelectorAll('main details')) each.open = true`;

/** Waits until each place is to be read in a page, and looks whether any of it was taken for markup. */
async function readAll(page: Page, places: readonly string[]): Promise<void> {
  for (const place of places) {
    const isRead = async (): Promise<boolean> => {
      await page.evaluate(openAll);
      return reads(await page.locator('main').innerText(), place);
    };
    await expect.poll(isRead, { timeout: 60_000, message: `${place} in ${page.url()}` }).toBe(true);
  }
  await isHarmless(page);
}

/** Arguments of host calls are shown as JSON, and some names are kept without what can't be seen. */
function reads(text: string, place: string): boolean {
  const plain = markup(place);
  const known = [
    visibleText(plain),
    quoted(place).slice(1, -1),
    plainLine(plain),
    plain.replaceAll(/\p{Bidi_Control}/gu, ' '),
  ];
  // Pages show several blanks as one.
  return known.some((one) => text.replaceAll(/\s+/gu, ' ').includes(one.replaceAll(/\s+/gu, ' ')));
}

/** Looks at everything in the page, also in the editor's shadow tree: nothing of it became an element, and no text turns around. */
const harm = `(() => {
  const found = [];
  const look = (root) => {
    for (const each of root.querySelectorAll('img:not(.cm-widgetBuffer), script:not([src]), [href^="javascript:"]')) found.push(each.outerHTML);
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const shown = node instanceof Text
        ? [node.data]
        : ['title', 'aria-label', 'placeholder', 'alt'].map((name) => node.getAttribute(name) ?? '');
      found.push(...shown.filter((text) => /\\p{Bidi_Control}/u.test(text)));
      if (node.shadowRoot) look(node.shadowRoot);
    }
  };
  look(document);
  if (/\\p{Bidi_Control}/u.test(document.title)) found.push(document.title);
  return found;
})()`;

/** The key of the job in whose cell is markup. */
async function cellOf(server: ServerProcess, run: string): Promise<string> {
  let cell: string | undefined;
  const isThere = async (): Promise<string | undefined> => {
    const { body } = await askServer(server, `/v1/workflows/${run}`);
    // As the API says.
    cell = Object.keys(body['jobs'] as object).find((key) => key.includes('<img src=x>'));
    return cell;
  };
  await expect.poll(isThere, { timeout: 60_000 }).toBeDefined();
  return String(cell);
}

async function isHarmless(page: Page): Promise<void> {
  expect(await page.evaluate(harm)).toEqual([]);
  expect(await page.evaluate('globalThis.hacked')).toBeUndefined();
}

/** Has answers of the server name something else: names that it takes from nobody, as another server might. */
async function renameIn(page: Page, path: string, name: string): Promise<void> {
  await page.route(`**/v1/${path}`, async (route) => {
    const answered = await (await route.fetch()).text();
    await route.fulfill({ body: answered.replace(/\[\{"name":"[^"]*"/u, () => `[{"name":${JSON.stringify(name)}`) });
  });
}

describe.skipIf(!isThere)('markup that others write', () => {
  it('is a text wherever the console shows it, and all of it can be used by everybody', async () => {
    if (browser === undefined) return;
    const server = await serverPlace(files).begin({
      env: { PLUGIN_DIR: folderWith(plugins), WATERFLOW_POLICY: join(folderWith(files), 'policy.yaml') },
    });
    const begin = async (inputs: object): Promise<string> => {
      const { status, body } = await askServer(server, '/v1/workflows', {
        workflow,
        inputs,
        labels: { team: markup('label') },
      });
      expect({ status, errors: body['errors'] ?? body['message'] }).toMatchObject({ status: 201 });
      return String(body['id']);
    };
    const failed = await begin({ fails: true });
    await endedRun(server, failed);
    const waiting = await begin({});
    const { page, complaints } = await openPage(browser);
    const findings: string[] = [];
    const look = async (path: string, places: readonly string[]): Promise<void> => {
      await page.goto(new URL(`/ui/#/${path}`, server.url).href);
      await readAll(page, places);
      findings.push(...(await findingsEverywhere(page)).map((finding) => `${path}: ${finding}`));
      await isHarmless(page);
    };
    await look('runs', ['workflow', 'run-name', 'label']);
    await look(`runs/${waiting}`, ['workflow', 'run-name', 'label', 'value', 'job-name']);
    await look(`runs/${waiting}?job=${encodeURIComponent(await cellOf(server, waiting))}`, ['step-name']);
    expect(await page.locator('.tree [aria-current]').first().innerText()).toContain('<img src=x>');
    await look(`runs/${waiting}/file`, ['workflow', 'asked', 'value', 'job-name', 'step-name', 'message']);
    await look(`runs/${waiting}?job=work&step=give`, ['output', 'message', 'approver', 'job-name']);
    await look(`runs/${waiting}?job=work&step=1`, ['output', 'environment']);
    await look(`runs/${waiting}?job=work&step=2`, ['output']);
    await look(`runs/${failed}`, ['error']);
    await look(`runs/${failed}/calls?job=work&step=give`, ['argument', 'path', 'reason']);
    await look(`runs/${failed}/timeline`, ['step-name']);
    await look('plugins', ['description', 'reason', 'newly', 'input', 'output-of-manifest']);
    await look('nodes', ['description']);
    expect(await askServer(server, '/v1/schedules', { workflow: scheduled })).toMatchObject({ status: 201 });
    await look('schedules', ['schedule']);
    for (const path of ['agents', 'queues']) {
      await renameIn(page, path, markup(path));
      await look(path, [path]);
    }
    await askServer(server, `/v1/workflows/${waiting}/cancel`, { reason: markup('cancelled') });
    await look(`runs/${waiting}`, ['cancelled']);
    expect(findings).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('is a text in the editor, in what it says of mistakes, and in what it suggests and explains', async () => {
    if (browser === undefined) return;
    const server = await serverPlace(files).begin({ env: { PLUGIN_DIR: folderWith(plugins) } });
    const { page, complaints } = await openPage(browser);
    await page.goto(new URL('/ui/', server.url).href);
    const kept = JSON.stringify({ name: 'evil.yml', whole: draft });
    await page.evaluate(`sessionStorage.setItem('waterflow-draft', ${JSON.stringify(kept)})`);
    await page.goto(new URL('/ui/#/editor', server.url).href);
    await page.getByRole('region', { name: 'Problems' }).getByText(visibleText(badKey)).waitFor();
    const written = page.locator('.cm-content');
    await expect.poll(() => written.innerText()).toContain(visibleText(badKey));
    // What is wrong with it, and what is known of it, where the pointer rests on it.
    const told = page.locator('.cm-told');
    await page
      .locator('.cm-mistake')
      .first()
      .hover({ position: { x: 10, y: 8 } });
    await expect.poll(() => told.first().innerText()).toContain(visibleText(badKey));
    await isHarmless(page);
    await page.locator('.cm-line', { hasText: 'evil@1.0.0' }).hover({ position: { x: 130, y: 8 } });
    await expect.poll(async () => reads(await told.first().innerText(), 'description')).toBe(true);
    await isHarmless(page);
    await written.focus();
    await page.keyboard.press('Control+End');
    await page.keyboard.type('l');
    await page.getByRole('option', { name: 'evil@v1' }).waitFor();
    await expect
      .poll(async () => reads(await page.locator('.cm-completionInfo').innerText(), 'description'))
      .toBe(true);
    await isHarmless(page);
    expect(await findingsEverywhere(page)).toEqual([]);
    // No file may have these, and they are not lost where they are shown otherwise.
    await page.keyboard.insertText('\u202eevil\u202c');
    await expect.poll(() => written.innerText()).toContain(visibleText('\u202eevil\u202c'));
    await isHarmless(page);
    await expect.poll(() => page.evaluate("sessionStorage.getItem('waterflow-draft')")).toContain('\u202eevil\u202c');
    expect(complaints).toEqual([]);
  });
});
