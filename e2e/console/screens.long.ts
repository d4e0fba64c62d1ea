/** Every screen of the console, in both themes at both widths: what axe says of it, and the pictures of docs/console.md. */
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findingsEverywhere, openBrowser, openPage } from '../browser.ts';
import { root } from '../command.ts';
import { needs } from '../require.ts';
import { askServer, serverPlace, type ServerProcess } from '../server-process.ts';
import { takePicture } from './picture.ts';

const release = `
name: release
run-name: Release \${{ inputs.tag }}
on:
  manual:
    inputs:
      tag: { type: string, default: v1.4.0 }
      docs: { type: boolean, default: false }
jobs:
  build:
    strategy:
      matrix: { system: [linux, macos, windows], flavour: [debug, release] }
    steps:
      - name: Compile
        run: printf '\\033[32mcompiled\\033[0m %s\\n' "\${{ matrix.system }}"; seq 1 200
  lint:
    steps:
      - name: Lint
        run: printf '\\033[31merror\\033[0m main.c:7 unused variable\\n' >&2; exit 1
        continue-on-error: true
  docs:
    if: \${{ inputs.docs }}
    steps:
      - run: echo docs
  metadata:
    steps:
      - name: Ask for the credentials of the machine
        uses: http@v1
        with: { url: "http://169.254.169.254/latest/meta-data/" }
        continue-on-error: true
  approve:
    needs: [build, lint]
    steps:
      - id: review
        uses: approval@v1
        with: { message: "Ship it to everybody?" }
  publish:
    needs: approve
    steps:
      - run: echo published
`;

const nightly = `
name: nightly
on: { schedule: [{ cron: "30 2 * * *", timezone: Europe/Vienna }] }
jobs: { tidy: { steps: [{ run: echo tidied }] } }
`;

/** Those of which docs/console.md has a picture. */
const pictured = new Set(['runs', 'run', 'editor', 'timeline', 'boundary', 'schedules']);
const images = join(root, 'docs', 'images');
const isThere = await needs('chromium');
let browser: Browser | undefined;
beforeAll(async () => {
  if (isThere) browser = await openBrowser();
});
afterAll(() => browser?.close());

/** The id of a run that waits for its approval, everything before that over. */
async function waitingRun(server: ServerProcess): Promise<string> {
  const { body } = await askServer(server, '/v1/workflows', { workflow: release, labels: { team: 'web' } });
  const run = String(body['id']);
  const statusOf = async (): Promise<unknown> => (await askServer(server, `/v1/workflows/${run}`)).body['status'];
  await expect.poll(statusOf, { timeout: 300_000, interval: 500 }).toBe('waiting');
  return run;
}

describe.skipIf(!isThere)('the screens of the console', () => {
  it('can be used by everybody, in both themes and languages at both widths', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin();
    await askServer(server, '/v1/schedules', { workflow: nightly });
    const run = await waitingRun(server);
    const { page, complaints } = await openPage(browser);
    /** Each with a text that is there once it is complete, and in both languages. */
    const screens = [
      { name: 'runs', path: 'runs', ready: 'Release v1.4.0' },
      { name: 'run', path: `runs/${run}?job=lint`, ready: 'unused variable' },
      { name: 'skipped', path: `runs/${run}?job=docs`, ready: 'inputs.docs' },
      { name: 'timeline', path: `runs/${run}/timeline`, ready: 'publish' },
      { name: 'boundary', path: `runs/${run}/calls?job=metadata`, ready: 'net.request' },
      { name: 'editor', path: 'editor', ready: 'metadata' },
      { name: 'schedules', path: 'schedules', ready: '30 2 * * *' },
      { name: 'agents', path: 'agents', ready: 'local' },
      { name: 'queues', path: 'queues', ready: 'local' },
      { name: 'nodes', path: 'nodes', ready: 'approval@v1' },
      { name: 'plugins', path: 'plugins', ready: 'http@v1' },
      { name: 'nowhere', path: 'nowhere', ready: 'Waterflow' },
    ];
    const findings: string[] = [];
    for (const language of ['zh', 'en']) {
      await page.goto(new URL('/ui/', server.url).href);
      await page.evaluate(`localStorage.setItem('waterflow-language', '${language}')`);
      const draft = JSON.stringify({ name: 'release.yml', whole: release.trimStart() });
      await page.evaluate(`sessionStorage.setItem('waterflow-draft', ${JSON.stringify(draft)})`);
      await page.reload();
      for (const { name, path, ready } of screens) {
        await page.goto(new URL(`/ui/#/${path}`, server.url).href);
        await page.getByText(ready).first().waitFor();
        findings.push(...(await findingsEverywhere(page)).map((finding) => `${name} in ${language}: ${finding}`));
        if (language !== 'en' || !pictured.has(name)) continue;
        await page.emulateMedia({ colorScheme: 'light' });
        await takePicture(browser, page, join(images, `console-${name}.webp`));
      }
    }
    await page.goto(new URL(`/ui/#/runs/${run}?job=lint`, server.url).href);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.getByText('unused variable').waitFor();
    await takePicture(browser, page, join(images, 'console-narrow.webp'));
    expect(findings).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
