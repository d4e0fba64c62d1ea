/** The codec endpoint, asked as Temporal's UI asks from a browser, and by Temporal's own command. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { waterflow } from './command.ts';
import { needs } from './require.ts';
import { beginServer, temporalPlace } from './temporal-world.ts';

const waiting = `
name: waiting
on: { manual: { inputs: { word: { type: string, required: true } } } }
jobs: { work: { runs-on: work, steps: [{ uses: approval@v1, with: { message: Go on? } }] } }
`;
const word = 'a-word-that-nobody-else-writes';
const ui = 'https://temporal-ui.example.com';
const adminKey = 'the-key-of-a-test-that-is-long-enough';

const isThere = await needs('temporal');
const temporal = isThere ? await startTemporal() : undefined;
afterAll(() => temporal?.[Symbol.asyncDispose]());

describe.skipIf(!isThere)('the codec endpoint', { timeout: 300_000 }, () => {
  it('decrypts for the UI of Temporal and its command, for who may read it and for pages of that origin alone', async () => {
    if (temporal === undefined) throw new Error('there is no Temporal');
    const env = {
      WATERFLOW_PAYLOAD_KEYS: `wfpayload1_${Buffer.alloc(32, 7).toString('base64url')}`,
      API_KEY: adminKey,
    };
    const at = temporalPlace(temporal, {
      namespace: 'default',
      files: { 'server.yaml': `cors-origins: [${ui}]\n` },
      env,
    });
    const server = await beginServer(at, { argv: ['--config', join(at.place.folder, 'server.yaml')] });
    const made = await waterflow(['keys', 'new', '--name', 'v', '--role', 'viewer', '--state', at.place.state], {});
    const viewer = /wf_\w{8}_[\w-]{43}/u.exec(made.stdout)?.[0] ?? '';
    const authorization = `Bearer ${adminKey}`;
    const sent = await fetch(new URL('/v1/workflows', server.url), {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ workflow: waiting, inputs: { word } }),
    });
    const { id } = (await sent.json()) as { readonly id: string };
    const command = (...argv: readonly string[]): string =>
      execFileSync(
        process.env['WATERFLOW_TEMPORAL'] ?? 'temporal',
        ['workflow', 'show', '--workflow-id', id, '--output', 'json', '--address', temporal.address, ...argv],
        { encoding: 'utf8' },
      );
    // It is started a moment later.
    await expect.poll(() => attempted(command)).toContain(Buffer.from('binary/encrypted').toString('base64'));
    expect(command()).not.toContain(word);
    const endpoint = new URL('/v1/codec', server.url).href;
    const shown = payloadsIn(JSON.parse(command('--codec-endpoint', endpoint, '--codec-auth', authorization)));
    expect(shown.map(textOf).join('\n')).toContain(word);

    // What a browser asks first, and what the page then sends.
    const asked = await fetch(`${endpoint}/decode`, {
      method: 'OPTIONS',
      headers: {
        origin: ui,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,x-namespace',
      },
    });
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, ui]);
    const allowed = asked.headers.get('access-control-allow-headers')?.toLowerCase() ?? '';
    for (const name of ['authorization', 'content-type', 'x-namespace']) expect(allowed).toContain(name);
    const payloads = payloadsIn(JSON.parse(command()));
    const decode = (headers: Readonly<Record<string, string>>): Promise<Response> =>
      fetch(`${endpoint}/decode`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-namespace': 'default', ...headers },
        body: JSON.stringify({ payloads }),
      });
    const decoded = await decode({ origin: ui, authorization });
    expect([decoded.status, decoded.headers.get('access-control-allow-origin')]).toEqual([200, ui]);
    const { payloads: clear } = (await decoded.json()) as { readonly payloads: readonly Payload[] };
    expect(clear.map(textOf).join('\n')).toContain(word);

    expect((await decode({ origin: ui })).status).toBe(401);
    expect((await decode({ origin: ui, authorization: `Bearer ${viewer}` })).status).toBe(403);
    const elsewhere = await decode({ origin: 'https://elsewhere.example.com', authorization });
    expect(elsewhere.headers.get('access-control-allow-origin')).toBeNull();
  });
});

/** Empty as long as Temporal has no such workflow. */
function attempted(command: () => string): string {
  try {
    return command();
  } catch {
    return '';
  }
}

/** All payloads somewhere in Temporal's JSON. */
function payloadsIn(value: unknown): readonly Payload[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('metadata' in value && 'data' in value) return [value as Payload]; // As Temporal writes them.
  return Object.values(value).flatMap(payloadsIn);
}

interface Payload {
  /** In base64. */
  readonly data: string;
}

function textOf({ data }: Payload): string {
  return Buffer.from(data, 'base64').toString();
}
