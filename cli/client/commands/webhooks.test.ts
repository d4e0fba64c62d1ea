import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { webhooksRoutes } from '../../../server/routes/webhooks.ts';
import { type ApiServer, startApi } from '../../../server/schedules/testing/api.ts';
import { handClock } from '../../../server/schedules/testing/hand-clock.ts';
import { sign } from '../../../server/webhooks/signature.ts';
import { commandLine } from '../../testing/terminal.ts';

const now = Date.parse('2026-01-09T06:30:00Z');
const files = {
  'release.yml': 'name: release\non: { manual: {}, webhook: {} }\njobs: { a: { steps: [{ run: make }] } }\n',
  'by-hand.yml': 'on: manual\njobs: { a: { steps: [{ run: make }] } }\n',
};

interface World extends ApiServer {
  readonly command: (...argv: readonly string[]) => ReturnType<typeof commandLine>;
  /** The status of the answer to a delivery that is signed with that secret, and is no other's repetition. */
  readonly deliver: (id: string, secret: string) => Promise<number>;
}

async function world(): Promise<World> {
  const api = await startApi(webhooksRoutes, handClock(now));
  onTestFinished(() => api[Symbol.asyncDispose]());
  const cwd = mkdtempSync(join(tmpdir(), 'waterflow-webhook-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  let delivered = 0;
  const env = { WATERFLOW_SERVER_URL: api.server.url, XDG_CONFIG_HOME: cwd, HOOK_SECRET: 'chosen-by-the-owner' };
  return {
    ...api,
    command: (...argv) => commandLine(['webhook', ...argv], { cwd, env }),
    deliver: async (id, secret) => {
      delivered += 1;
      const body = String(delivered);
      const headers = { 'X-Waterflow-Signature': sign(Buffer.from(body), secret, now / 1000) };
      return (await api.ask('POST', `/v1/webhooks/${id}/deliveries`, { body, headers })).status;
    },
  };
}

const fact = (text: string, name: string): string => new RegExp(`^${name} +(.+)$`, 'mu').exec(text)?.[1] ?? '';

describe('waterflow webhook', () => {
  it('makes one, whose address and secret it prints, and which takes what is signed with it', async () => {
    const { command, deliver, scheduling } = await world();
    const made = await command('create', 'release.yml', '--label', 'team=web', '--var', 'a=b');
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const id = fact(made.stdout, 'webhook');
    expect(fact(made.stdout, 'address')).toBe(`https://waterflow.example.com/v1/webhooks/${id}/deliveries`);
    expect(await deliver(id, fact(made.stdout, 'secret'))).toBe(202);
    const [run] = (await scheduling.parts.records.runs.list({}, { limit: 1 })).rows;
    expect(run).toMatchObject({ labels: { team: 'web' }, origin: { kind: 'webhook', id } });
    const shown = await command('show', id, '--json');
    expect(JSON.parse(shown.stdout)).toMatchObject({ id, name: 'release', vars: { a: 'b' } });
    expect(shown.stdout).not.toContain('secret');
  });

  it('takes a secret from the environment, and prints another one where it is asked to', async () => {
    const { command, deliver } = await world();
    const made = await command('create', 'release.yml', '--secret-env', 'HOOK_SECRET', '--json');
    expect(made.stdout).not.toContain('chosen-by-the-owner');
    const { id } = JSON.parse(made.stdout) as { readonly id: string }; // As the API says.
    expect(await deliver(id, 'chosen-by-the-owner')).toBe(202);
    const rotated = await command('rotate', id);
    expect(await deliver(id, 'chosen-by-the-owner')).toBe(401);
    expect(await deliver(id, fact(rotated.stdout, 'secret'))).toBe(202);
    const missing = await command('create', 'release.yml', '--secret-env', 'NO_SUCH');
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('SECRET_MISSING') });
  });

  it('pauses one, has it go on, lists and removes it', async () => {
    const { command, deliver } = await world();
    const made = await command('create', 'release.yml', '--secret-env', 'HOOK_SECRET', '--paused', '--name', 'hook');
    const id = fact(made.stdout, 'webhook');
    expect(await deliver(id, 'chosen-by-the-owner')).toBe(401);
    expect(fact((await command('resume', id)).stdout, 'paused')).toBe('');
    expect(await deliver(id, 'chosen-by-the-owner')).toBe(202);
    expect(fact((await command('pause', id)).stdout, 'paused')).toBe('yes');
    expect((await command('list')).stdout).toMatch(new RegExp(`^${id}  paused  .*  hook$`, 'mu'));
    expect(await command('delete', id)).toMatchObject({ code: 0, stdout: `${id} is removed\n` });
    expect(await command('list')).toMatchObject({ code: 0, stdout: '', stderr: 'no webhooks\n' });
    expect(await command('show', id)).toMatchObject({ code: 2, stderr: expect.stringContaining('NOT_FOUND') });
  });

  it('shows what is wrong with a workflow that no request starts', async () => {
    const { command } = await world();
    const refused = await command('create', 'by-hand.yml');
    expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('on.webhook') });
  });

  it('completes the address of a server that was told no public URL', async () => {
    const webhook = { id: 'whk_1', delivery_url: '/v1/webhooks/whk_1/deliveries' };
    const server = createServer((_, response) => response.end(JSON.stringify(webhook))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    // listen() took a port.
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const env = { WATERFLOW_SERVER_URL: `${url}/behind`, XDG_CONFIG_HOME: '/nonexistent' };
    const { stdout } = await commandLine(['webhook', 'show', 'whk_1'], { env });
    expect(fact(stdout, 'address')).toBe(`${url}/behind/v1/webhooks/whk_1/deliveries`);
  });
});
