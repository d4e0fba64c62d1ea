/** Who sees what in the console, what becomes of it when a key or the server goes, and what pages of others can do to it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { makeIssuer } from '../../server/auth/testing/tokens.ts';
import { openBrowser, openPage } from '../browser.ts';
import { folderWith } from '../command.ts';
import { guardedServer } from '../guarded-server.ts';
import { needs } from '../require.ts';
import { portOf, type ServerProcess, serverPlace } from '../server-process.ts';

const adminKey = 'a-long-key-for-the-tests-of-the-console';

const asking = `
name: asking
on: manual
jobs: { ask: { steps: [{ id: review, uses: approval@v1, with: { message: "Ship it?" } }] } }
`;

const isThere = await needs('chromium');
let browser: Browser | undefined;
beforeAll(async () => {
  if (isThere) browser = await openBrowser();
});
afterAll(() => browser?.close());

/** Asks the API as the admin. */
async function asAdmin(server: ServerProcess, path: string, body?: object): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(new URL(path, server.url), {
    method: body === undefined ? 'DELETE' : 'POST',
    headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  // As the API says.
  return (await response.json()) as Readonly<Record<string, unknown>>;
}

/** A page of somebody else, on another origin. */
async function foreignPage(markup: string): Promise<string> {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(markup));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  // A server on a port has an address of this form. Another name is another site, too.
  return `http://localhost:${(server.address() as AddressInfo).port}/`;
}

describe.skipIf(!isThere)('who uses the console', () => {
  it('is shown what their role may do, and loses it with their key', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin({ env: { API_KEY: adminKey } });
    const run = await asAdmin(server, '/v1/workflows', { workflow: asking });
    const { page, complaints } = await openPage(browser);
    const signIn = async (role: string): Promise<Readonly<Record<string, unknown>>> => {
      const key = await asAdmin(server, '/v1/keys', { name: role, role });
      await page.getByLabel('API key or token').fill(String(key['key']));
      await page.getByRole('button', { name: 'Sign in' }).click();
      return key;
    };
    const signOut = async (): Promise<void> => {
      await page.getByText('Settings').click();
      await page.getByRole('button', { name: 'Sign out' }).click();
    };
    await page.goto(new URL(`/ui/#/runs/${String(run['id'])}`, server.url).href);
    await signIn('agent');
    await page.getByText('This is the key of an agent.').waitFor();

    await signIn('operator');
    await page.getByRole('button', { name: 'Cancel' }).waitFor();
    await page.getByText('Your role does not decide over approvals.').waitFor();
    await signOut();

    await signIn('approver');
    await page.getByRole('button', { name: 'Approve' }).waitFor();
    expect(await page.getByRole('button', { name: 'Cancel' }).count()).toBe(0);
    await signOut();

    const viewer = await signIn('viewer');
    await page.getByText('Your role does not decide over approvals.').waitFor();
    expect(await page.getByRole('button', { name: 'Cancel' }).count()).toBe(0);
    await asAdmin(server, `/v1/keys/${String(viewer['id'])}`);
    await page.getByText('The server does not know this key or token').waitFor();
    expect(complaints).toEqual([]);
  });

  it('signs in with a token of an issuer that the server takes, until it is over', async () => {
    if (browser === undefined) return;
    const issuer = await makeIssuer();
    const claims = { iss: 'https://issuer.example', aud: 'waterflow', sub: 'alice', tenant: 'default' };
    const jwks = { 'jwks.json': JSON.stringify({ keys: [issuer.publicJwk] }) };
    const jwt = `issuer: '${claims.iss}', audience: ${claims.aud}, clock-skew: 1s`;
    const config = `jwt: { ${jwt}, jwks-file: '${join(folderWith(jwks), 'jwks.json')}' }`;
    const server = await guardedServer({ config });
    const { page, complaints } = await openPage(browser);
    await page.goto(new URL('/ui/', server.url).href);
    const signIn = async (token: string): Promise<void> => {
      await page.getByLabel('API key or token').fill(token);
      await page.getByRole('button', { name: 'Sign in' }).click();
    };
    const lastsFor = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
    const stranger = await makeIssuer();
    await signIn(await stranger.sign({ ...claims, role: 'admin', exp: lastsFor(600) }));
    await page.getByText('The server does not know this key or token').waitFor();
    // Long enough to be let in, and soon over.
    const token = await issuer.sign({ ...claims, role: 'viewer', exp: lastsFor(15) });
    await signIn(token);
    await page.getByRole('heading', { name: 'There are no runs yet' }).waitFor();
    expect(page.url()).not.toContain(token.slice(0, 40));
    await page.getByLabel('API key or token').waitFor({ timeout: 90_000 });
    for (const text of [server.process.stderr, server.process.stdout]) expect(text).not.toContain(token.slice(0, 40));
    expect(complaints).toEqual([]);
  });

  it('is told that the server is away, and goes on once it is back', async () => {
    if (browser === undefined) return;
    const place = serverPlace();
    const server = await place.begin();
    const { page } = await openPage(browser);
    await page.goto(new URL('/ui/', server.url).href);
    await page.getByText('There are no runs yet').waitFor();
    server.process.kill('SIGTERM');
    await server.process.ended;
    await page.getByText('The server does not answer').waitFor();
    await place.begin({ port: portOf(server) });
    await page.getByText('The server does not answer').waitFor({ state: 'detached' });
    expect(await page.getByText('There are no runs yet').count()).toBe(1);
  });
});

describe.skipIf(!isThere)('a page of somebody else', () => {
  it('shows no console in a frame', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin();
    const { page, complaints } = await openPage(browser);
    await page.goto(await foreignPage(`<iframe src="${server.url}/ui/" id="framed"></iframe>`));
    await expect.poll(() => complaints.join(), { timeout: 30_000 }).toContain('frame-ancestors');
    expect(await page.frameLocator('#framed').getByText('Waterflow').count()).toBe(0);
  });

  it('has a browser of this machine start nothing, although its server asks it for no key', async () => {
    if (browser === undefined) return;
    const server = await serverPlace().begin();
    const { page } = await openPage(browser);
    await page.goto(await foreignPage('<p>hello</p>'));
    const target = JSON.stringify(`${server.url}/v1/workflows`);
    const answers = await page.evaluate(`Promise.all(['text/plain', 'application/x-www-form-urlencoded'].map((type) =>
      fetch(${target}, { method: 'POST', mode: 'no-cors', credentials: 'include', headers: { 'content-type': type }, body: 'on: manual' })
        .then(({ type: kind }) => kind, () => 'refused')))`);
    // They came, were refused, and even that is kept from the page.
    expect(answers).toEqual(['refused', 'refused']);
    const runs = await fetch(new URL('/v1/workflows', server.url));
    expect(await runs.json()).toEqual({ workflows: [] });
  });
});
