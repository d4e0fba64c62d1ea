/** Faults of Vault, of which a real one shows none on demand: a stand-in answers in its place, by the documented HTTP API. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SecretBroker } from '../broker.ts';
import { openBroker, valueOf } from '../testing/open.ts';
import { type TestPowers, testPowers } from '../testing/powers.ts';
import { type Answers, type Asked, entry, type StandIn, send, startStandIn } from '../testing/stand-in.ts';

const value = 'correct-horse-battery';

interface World extends AsyncDisposable {
  readonly broker: SecretBroker;
  readonly powers: TestPowers;
  readonly standIn: StandIn;
}

const byToken = 'auth: { token-variable: VAULT_TOKEN }';
const byRole = 'auth: { approle: { role-id: role, secret-id-file: secret-id } }';

async function world(answers: Answers, settings = byToken): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-vault-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'secret-id'), 'secret-id-of-the-role\n', { mode: 0o600 });
  const powers = testPowers({ VAULT_TOKEN: 'token-of-the-agent' });
  const standIn = await startStandIn(answers);
  const broker = openBroker(
    `cache: 0s
providers: { vault: { vault: { address: "${standIn.address}", timeout: 500ms, ${settings} } } }
secrets: { TOKEN: { provider: vault, path: deploy/prod, field: token } }`,
    { folder, powers },
  );
  return {
    broker,
    powers,
    standIn,
    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]();
      await standIn[Symbol.asyncDispose]();
    },
  };
}

/** Tokens hold for ever, and reading is what the test is about. */
function reading(read: (count: number, response: ServerResponse) => void): Answers {
  let count = 0;
  return ({ path }, response) => {
    if (path === '/v1/auth/token/lookup-self') send(response, 200, { data: { ttl: 0, renewable: false } });
    else read((count += 1), response);
  };
}

const given = (response: ServerResponse): void => send(response, 200, entry({ token: value }));

describe('a Vault that is in trouble', () => {
  it.each([
    ['sealed', 503],
    ['a standby', 473],
    ['overloaded', 429],
    ['broken', 500],
    ['a replica behind the others', 412],
  ])('is asked again where it is %s, ever later', async (_what, status) => {
    await using vault = await world(
      reading((count, response) => (count < 4 ? send(response, status, { errors: [value] }) : given(response))),
    );
    expect(await valueOf(vault.broker, 'TOKEN')).toBe(value);
    expect(vault.powers.slept).toEqual([200, 400, 800]);
  });

  it('is given up after so many attempts, without what it said', async () => {
    await using vault = await world(
      reading((_, response) => send(response, 503, { errors: [`Vault is sealed ${value}`] })),
    );
    const shown = await valueOf(vault.broker, 'TOKEN');
    expect(shown).toMatch(/^SECRET_UNREACHABLE: .*503.*sealed/);
    expect(shown).not.toContain(value);
    expect(vault.powers.slept).toHaveLength(3);
  });

  it('says itself when it is to be asked again', async () => {
    await using vault = await world(
      reading((count, response) => {
        if (count === 1) response.writeHead(429, { 'retry-after': '7' }).end();
        else if (count === 2) response.writeHead(503, { 'retry-after': '86400' }).end();
        else given(response);
      }),
    );
    expect(await valueOf(vault.broker, 'TOKEN')).toBe(value);
    expect(vault.powers.slept).toEqual([7000, 10_000]);
  });

  it('that drops connections or answers nothing is not reached', async () => {
    await using dropping = await world(reading((_, response) => void response.destroy()));
    expect(await valueOf(dropping.broker, 'TOKEN')).toMatch(/^SECRET_UNREACHABLE: .*can't be reached/);
    await using silent = await world(
      reading(() => {}),
      `${byToken}, attempts: 1`,
    );
    expect(await valueOf(silent.broker, 'TOKEN')).toMatch(/^SECRET_UNREACHABLE: .*no answer within 500 ms/);
    await silent.standIn[Symbol.asyncDispose]();
    expect(await valueOf(silent.broker, 'TOKEN')).toMatch(/^SECRET_UNREACHABLE: .*ECONNREFUSED/);
  });

  it('gets no token where it redirects to', async () => {
    await using elsewhere = await startStandIn((_, response) => given(response));
    await using vault = await world(
      reading((_, response) => void response.writeHead(307, { location: `${elsewhere.address}/v1/x` }).end()),
    );
    expect(await valueOf(vault.broker, 'TOKEN')).toMatch(/^SECRET_UNREACHABLE: .*redirects \(307\)/);
    expect(elsewhere.asked).toEqual([]);
  });

  it.each<readonly [string, (response: ServerResponse) => void, RegExp]>([
    ['a page', (response) => void response.end('<html>'), /^SECRET_INVALID: .*no Vault/],
    [
      'a KV store of version 1',
      (response) => send(response, 200, { data: { token: value } }),
      /^SECRET_INVALID: .*version 2/,
    ],
    [
      'a field that is no text',
      (response) => send(response, 200, entry({ token: { a: 1 } })),
      /^SECRET_INVALID: .*an object/,
    ],
    ['more than any entry', (response) => void response.end('x'.repeat(3 * 1024 * 1024)), /^SECRET_UNREACHABLE: /],
    [
      'a version that was destroyed',
      (response) => send(response, 404, { data: { data: null, metadata: { destroyed: true } } }),
      /^SECRET_NOT_FOUND: .*destroyed/,
    ],
  ])('that answers with %s gives nothing', async (_what, read, problem) => {
    await using vault = await world(reading((_, response) => read(response)));
    const shown = await valueOf(vault.broker, 'TOKEN');
    expect(shown).toMatch(problem);
    expect(shown).not.toContain(value);
  });
});

/** Logins by AppRole give tokens `login-1`, `login-2`…, of a minute each; `renewed` is what becomes of them then. */
function roles(renewed: (asked: Asked, response: ServerResponse) => void, valid: () => boolean = () => true): Answers {
  let logins = 0;
  return (asked, response) => {
    const auth = (token: string): unknown => ({ auth: { client_token: token, lease_duration: 60, renewable: true } });
    if (asked.path === '/v1/auth/approle/login') send(response, 200, auth(`login-${(logins += 1)}`));
    else if (asked.path === '/v1/auth/token/renew-self') renewed(asked, response);
    else if (asked.path.startsWith('/v1/auth/token/')) send(response, valid() ? 200 : 403, { data: {} });
    else if (valid() || asked.headers['x-vault-token'] !== 'login-1') given(response);
    else send(response, 403, { errors: ['permission denied'] });
  };
}

describe('the token of a login', () => {
  it('is used again, renewed in time, and taken back at the end', async () => {
    const { promise: renewal, resolve } = Promise.withResolvers<void>();
    await using vault = await world(
      roles((_, response) => {
        send(response, 200, { auth: { client_token: 'login-1', lease_duration: 60, renewable: true } });
        resolve();
      }),
      byRole,
    );
    await valueOf(vault.broker, 'TOKEN');
    await valueOf(vault.broker, 'TOKEN');
    expect(vault.powers.awaited()).toEqual([40_000]);
    vault.powers.pass(40_000);
    await renewal;
    await valueOf(vault.broker, 'TOKEN');
    await vault.broker[Symbol.asyncDispose]();
    expect(vault.standIn.asked.map(({ path }) => path.replace('/v1/', ''))).toEqual([
      'auth/approle/login',
      'secret/data/deploy/prod',
      'secret/data/deploy/prod',
      'auth/token/renew-self',
      'secret/data/deploy/prod',
      'auth/token/revoke-self',
    ]);
    expect(JSON.parse(vault.standIn.asked[0]?.body ?? '')).toEqual({
      role_id: 'role',
      secret_id: 'secret-id-of-the-role',
    });
  });

  it('that is over makes way for a new login', async () => {
    await using vault = await world(
      roles((_, response) => send(response, 403, {})),
      byRole,
    );
    await valueOf(vault.broker, 'TOKEN');
    vault.powers.pass(59_500);
    expect(await valueOf(vault.broker, 'TOKEN')).toBe(value);
    const logins = vault.standIn.asked.filter(({ path }) => path.endsWith('/login'));
    expect(logins).toHaveLength(2);
  });

  it('that Vault no longer knows makes way for one more, once', async () => {
    let valid = true;
    await using vault = await world(
      roles(
        () => {},
        () => valid,
      ),
      byRole,
    );
    await valueOf(vault.broker, 'TOKEN');
    valid = false;
    expect(await valueOf(vault.broker, 'TOKEN')).toBe(value);
    expect(vault.standIn.asked.filter(({ path }) => path.endsWith('/login'))).toHaveLength(2);
  });

  it('is awaited once by all that need it', async () => {
    await using vault = await world(
      roles(() => {}),
      byRole,
    );
    await Promise.all([valueOf(vault.broker, 'TOKEN'), valueOf(vault.broker, 'TOKEN')]);
    expect(vault.standIn.asked.filter(({ path }) => path.endsWith('/login'))).toHaveLength(1);
  });

  it('that was not renewed as Vault was away is tried again before its end', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    let tries = 0;
    await using vault = await world(
      roles((_, response) => {
        tries += 1;
        if (tries === 4) response.on('close', resolve);
        send(response, 503, {});
      }),
      byRole,
    );
    await valueOf(vault.broker, 'TOKEN');
    vault.powers.pass(40_000);
    await asked;
    await expect.poll(() => vault.powers.awaited()).toEqual([5000]);
    expect(vault.powers.warnings).toMatchObject([{ message: expect.stringContaining('not renewed yet') }]);
  });
});
