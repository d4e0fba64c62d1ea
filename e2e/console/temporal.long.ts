/** Every screen of the console over a server whose runs are on Temporal, carried out by an agent elsewhere. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTemporal } from '../../engine/temporal/testing/temporal-server.ts';
import { openBrowser, openPage } from '../browser.ts';
import { needs } from '../require.ts';
import { beginAgent, beginServer, temporalPlace } from '../temporal-world.ts';
import { findingsOfScreens, prepared, screensOf } from './screens.ts';

const isThere = (await needs('chromium')) && (await needs('temporal'));
const temporal = isThere ? await startTemporal({ namespaces: ['console'] }) : undefined;
let browser: Browser | undefined;
beforeAll(async () => {
  if (isThere) browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await temporal?.[Symbol.asyncDispose]();
});

describe.skipIf(!isThere)('the screens of the console on Temporal', () => {
  it('can be used by everybody, and steer a run', async () => {
    if (browser === undefined || temporal === undefined) return;
    const at = temporalPlace(temporal, { namespace: 'console', files: {} });
    const server = await beginServer(at);
    await beginAgent(at, server);
    const runs = await prepared(server, 'work');
    const { page, complaints } = await openPage(browser);
    const screens = screensOf(runs, { agent: 'agent-of-console', queue: 'work' });
    expect(await findingsOfScreens(page, server, { screens, language: 'zh' })).toEqual([]);
    expect(await findingsOfScreens(page, server, { screens, language: 'en' })).toEqual([]);

    // What agents shipped: who recorded it, and that what may be done is theirs to say.
    await page.goto(new URL(`/ui/#/runs/${runs.waiting}/calls?job=metadata`, server.url).href);
    await page.getByText('Checked by the server with the key that the record names itself').first().waitFor();
    await page.getByText('What it may do').click();
    await page.getByText('The policy of the agent that runs a step decides').waitFor();

    await page.goto(new URL(`/ui/#/runs/${runs.waiting}`, server.url).href);
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).click();
    await page.getByRole('button', { name: 'Run again', exact: true }).waitFor();
    expect(complaints).toEqual([]);
  });
});
