/** Markup in all that workflows, plugins and steps write, as somebody who looks at it gets to see it: texts, which run nothing. */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findingsEverywhere, openBrowser, openPage } from '../browser.ts';
import { folderWith } from '../command.ts';
import { needs } from '../require.ts';
import { askServer, endedRun, serverPlace } from '../server-process.ts';

/** Runs where it is taken for markup, and names its place in what is left of it. */
const markup = (place: string): string =>
  `<img src=x onerror="globalThis.hacked='${place}'"><script>globalThis.hacked='${place}'</script>${place}`;
const quoted = (place: string): string => JSON.stringify(markup(place));

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
name: evil
on: { manual: { inputs: { fails: { type: boolean, default: false } } } }
jobs:
  work:
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
      const text = await page.locator('main').innerText();
      // Arguments of host calls are shown as JSON.
      return [markup(place), quoted(place).slice(1, -1)].some((one) => text.includes(one));
    };
    await expect.poll(isRead, { timeout: 60_000, message: `${place} in ${page.url()}` }).toBe(true);
  }
  expect(await page.evaluate('globalThis.hacked')).toBeUndefined();
  expect(await page.evaluate(`document.querySelectorAll('main img, main script, [href^="javascript:"]').length`)).toBe(
    0,
  );
}

describe.skipIf(!isThere)('markup that others write', () => {
  it('is a text wherever the console shows it, and all of it can be used by everybody', async () => {
    if (browser === undefined) return;
    const server = await serverPlace(files).begin({
      env: { PLUGIN_DIR: folderWith(plugins), WATERFLOW_POLICY: join(folderWith(files), 'policy.yaml') },
    });
    const begin = async (inputs: object): Promise<string> => {
      const { status, body } = await askServer(server, '/v1/workflows', { workflow, inputs });
      expect({ status, body }).toMatchObject({ status: 201 });
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
      expect(await page.evaluate('globalThis.hacked')).toBeUndefined();
    };
    await look(`runs/${waiting}?job=work&step=give`, ['output', 'message', 'approver']);
    await look(`runs/${waiting}?job=work&step=1`, ['output', 'environment']);
    await look(`runs/${waiting}?job=work&step=2`, ['output']);
    await look(`runs/${failed}`, ['error']);
    await look(`runs/${failed}/calls?job=work&step=give`, ['argument', 'path', 'reason']);
    await look(`runs/${failed}/timeline`, []);
    await look('plugins', ['description', 'reason', 'newly', 'input', 'output-of-manifest']);
    await look('nodes', ['description']);
    await askServer(server, `/v1/workflows/${waiting}/cancel`, { reason: markup('cancelled') });
    await look(`runs/${waiting}`, ['cancelled']);
    expect(findings).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
