/** The vault provider against Vault itself: its core, HTTP API, KV store and AppRole, in memory (tools/vault-server). `npm run test:vault` wants it to be there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SecretBroker } from '../agent/secrets/index.ts';
import { openBroker, valueOf } from '../agent/secrets/testing/open.ts';
import { type TestPowers, testPowers } from '../agent/secrets/testing/powers.ts';
import type { JsonObject } from '../schemas/index.ts';
import { blockOn } from '../tools/code-blocks/blocks.ts';
import { authority } from './before-temporal.ts';
import { folderWith, waterflow } from './command.ts';
import { needs } from './require.ts';

const isThere = await needs('vault');
const program = process.env['WATERFLOW_TEST_VAULT'] ?? 'waterflow-test-vault';
const value = 'canary-v8Kd3RmW6tYq1XzB5nJh';

interface Vault {
  readonly address: string;
  /** Asks it as root. */
  readonly ask: (method: string, path: string, body?: object, token?: string) => Promise<JsonObject>;
  readonly key: string;
}

/** A server of the test's own, with a KV store, a policy that lets `deploy/` be read, and a role. */
async function startVault(): Promise<Vault> {
  const child = spawn(program, [], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await once(child, 'close');
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  // It prints nothing else.
  const { address, token: root, key } = JSON.parse(line.toString()) as Record<'address' | 'token' | 'key', string>;
  const ask: Vault['ask'] = async (method, path, body, token = root) => {
    const headers = { 'x-vault-token': token };
    const request = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await fetch(`${address}/v1/${path}`, request);
    const text = await response.text();
    // Vault answers with objects.
    return text === '' ? {} : (JSON.parse(text) as JsonObject);
  };
  await ask('POST', 'sys/mounts/secret', { type: 'kv', options: { version: '2' } });
  // A store that was just made brings itself to version 2.
  await expect
    .poll(async () => await ask('POST', 'secret/data/deploy/prod', { data: { token: 'the-first-one', number: 5 } }))
    .toHaveProperty('data');
  await ask('POST', 'secret/data/deploy/prod', { data: { token: value, number: 5 } });
  await ask('POST', 'secret/data/other', { data: { token: value } });
  const policy = blockOn('docs/secrets.md', { language: 'hcl' });
  await ask('POST', 'sys/policies/acl/deploy', { policy });
  await ask('POST', 'sys/auth/approle', { type: 'approle' });
  await ask('POST', 'auth/approle/role/agent', { token_policies: 'deploy', token_ttl: '60s', token_max_ttl: '10m' });
  return { address, ask, key };
}

function textIn(answer: JsonObject, ...path: readonly string[]): string {
  let found: unknown = answer;
  for (const step of path) found = (found as JsonObject | undefined)?.[step];
  return String(found);
}

const secrets = `
  TOKEN: { provider: vault, path: deploy/prod, field: token }
  FIRST: { provider: vault, path: deploy/prod, field: token, version: 1 }
  NUMBER: { provider: vault, path: deploy/prod, field: number }
  NO_FIELD: { provider: vault, path: deploy/prod, field: none }
  NOWHERE: { provider: vault, path: deploy/none, field: token }
  NO_VERSION: { provider: vault, path: deploy/prod, field: token, version: 9 }
  FORBIDDEN: { provider: vault, path: other, field: token }`;

interface World {
  readonly vault: Vault;
  readonly broker: SecretBroker;
  readonly powers: TestPowers;
  readonly folder: string;
}

async function world(auth: 'token' | 'role'): Promise<World> {
  const vault = await startVault();
  const folder = folderWith({});
  const keep = (name: string, text: string): void => writeFileSync(join(folder, name), `${text}\n`, { mode: 0o600 });
  const made = await vault.ask('POST', 'auth/token/create', { policies: ['deploy'], ttl: '60s' });
  keep('token', textIn(made, 'auth', 'client_token'));
  const role = textIn(await vault.ask('GET', 'auth/approle/role/agent/role-id'), 'data', 'role_id');
  keep('secret-id', textIn(await vault.ask('POST', 'auth/approle/role/agent/secret-id', {}), 'data', 'secret_id'));
  const login =
    auth === 'token' ? '{ token-file: token }' : `{ approle: { role-id: ${role}, secret-id-file: secret-id } }`;
  const text = `cache: 0s
providers: { vault: { vault: { address: "${vault.address}", auth: ${login} } } }
secrets: ${secrets}`;
  writeFileSync(join(folder, 'secrets.yaml'), `version: 1\n${text}\n`);
  const powers = testPowers();
  const broker = openBroker(text, { folder, powers });
  onTestFinished(() => broker[Symbol.asyncDispose]());
  return { vault, broker, powers, folder };
}

describe.skipIf(!isThere)('a secret in Vault', () => {
  it('is given by its newest version or the one that is named, and every way of not being there told apart', async () => {
    const { broker, vault, powers } = await world('token');
    const names = ['TOKEN', 'FIRST', 'NUMBER', 'NO_FIELD', 'NOWHERE', 'NO_VERSION', 'FORBIDDEN'];
    expect(await Promise.all(names.map((name) => valueOf(broker, name)))).toEqual([
      value,
      'the-first-one',
      expect.stringMatching(/^SECRET_INVALID: .*a number/),
      expect.stringMatching(/^SECRET_NOT_FOUND: .*no such field/),
      expect.stringMatching(/^SECRET_NOT_FOUND: .*nothing stands at its path/),
      expect.stringMatching(/^SECRET_NOT_FOUND: .*version 9/),
      expect.stringMatching(/^SECRET_DENIED: .*policies/),
    ]);
    expect(powers.events).toContainEqual({ secret: 'TOKEN', provider: 'vault', path: 'deploy/prod', version: 2 });
    await vault.ask('DELETE', 'secret/data/deploy/prod');
    expect(await valueOf(broker, 'TOKEN')).toMatch(/^SECRET_NOT_FOUND: .*deleted/);
    await vault.ask('POST', 'secret/destroy/deploy/prod', { versions: [1] });
    expect(await valueOf(broker, 'FIRST')).toMatch(/^SECRET_NOT_FOUND: .*destroyed/);
  });

  it('is given by a login of AppRole, whose token is renewed, replaced where it was taken back, and revoked at the end', async () => {
    const { broker, vault, powers } = await world('role');
    expect(await valueOf(broker, 'TOKEN')).toBe(value);
    expect(powers.awaited()).toEqual([40_000]);
    const accessors = async (): Promise<readonly string[]> => {
      const { data } = await vault.ask('LIST', 'auth/token/accessors');
      return ((data as JsonObject)['keys'] as readonly string[]) ?? [];
    };
    const lookUp = async (accessor: string): Promise<JsonObject> =>
      await vault.ask('POST', 'auth/token/lookup-accessor', { accessor });
    const ofLogins = async (): Promise<readonly string[]> => {
      const found: string[] = [];
      for (const accessor of await accessors()) {
        if (textIn(await lookUp(accessor), 'data', 'path') === 'auth/approle/login') found.push(accessor);
      }
      return found;
    };
    const [first = ''] = await ofLogins();
    powers.pass(40_000);
    await expect.poll(async () => textIn(await lookUp(first), 'data', 'last_renewal')).not.toBe('undefined');
    await vault.ask('POST', 'auth/token/revoke-accessor', { accessor: first });
    expect(await valueOf(broker, 'TOKEN')).toBe(value);
    expect(await ofLogins()).toEqual([expect.not.stringContaining(first)]);
    await broker[Symbol.asyncDispose]();
    expect(await ofLogins()).toEqual([]);
  });

  it('is denied to a role that was taken away, and to a token that is over', async () => {
    const byRole = await world('role');
    await byRole.vault.ask('DELETE', 'auth/approle/role/agent');
    expect(await valueOf(byRole.broker, 'TOKEN')).toMatch(/^SECRET_DENIED: .*login by AppRole was refused \(400\)/);
    const byToken = await world('token');
    writeFileSync(join(byToken.folder, 'token'), 'hvs.no-such-token\n');
    expect(await valueOf(byToken.broker, 'TOKEN')).toMatch(/^SECRET_DENIED: /);
  });

  it('is not reached while Vault is sealed, and is once it is not', async () => {
    const { broker, vault, powers } = await world('token');
    expect(await valueOf(broker, 'TOKEN')).toBe(value);
    await vault.ask('PUT', 'sys/seal');
    expect(await valueOf(broker, 'TOKEN')).toMatch(/^SECRET_UNREACHABLE: .*503.*sealed/);
    expect(powers.slept).toHaveLength(3);
    await vault.ask('PUT', 'sys/unseal', { key: vault.key });
    await expect.poll(async () => await valueOf(broker, 'TOKEN')).toBe(value);
  });

  it('is given over TLS, with an authority of the site and a certificate of the agent', async () => {
    const { vault, folder, powers } = await world('token');
    const site = authority();
    site.issue('server', 'IP:127.0.0.1');
    site.issue('agent', 'DNS:agent.test');
    const pem = (name: string): Buffer => readFileSync(join(site.folder, name));
    const tls = { cert: pem('server.pem'), key: pem('server.key'), ca: pem('ca.pem'), requestCert: true };
    const proxy = createServer(tls, (asked, answer) => {
      const { method, headers, url } = asked;
      const passed = request(`${vault.address}${url}`, { method, headers }, (given) => {
        answer.writeHead(given.statusCode ?? 502, given.headers);
        given.pipe(answer);
      });
      asked.pipe(passed);
    }).listen(0, '127.0.0.1');
    onTestFinished(() => {
      proxy.closeAllConnections();
      proxy.close();
    });
    await once(proxy, 'listening');
    const address = `https://127.0.0.1:${(proxy.address() as AddressInfo).port}`; // It listens on a port.
    const over = (files: string): SecretBroker => {
      const text = `cache: 0s
providers: { vault: { vault: { address: "${address}", attempts: 1, tls: { ${files} }, auth: { token-file: token } } } }
secrets: ${secrets}`;
      const opened = openBroker(text, { folder, powers });
      onTestFinished(() => opened[Symbol.asyncDispose]());
      return opened;
    };
    const [ca, cert, key] = ['ca.pem', 'agent.pem', 'agent.key'].map((name) => join(site.folder, name));
    expect(await valueOf(over(`ca: ${ca}, cert: ${cert}, key: ${key}`), 'TOKEN')).toBe(value);
    expect(await valueOf(over(`ca: ${ca}`), 'TOKEN')).toMatch(/^SECRET_UNREACHABLE: /);
    expect(await valueOf(over(`cert: ${cert}, key: ${key}`), 'TOKEN')).toMatch(/^SECRET_UNREACHABLE: /);
  });

  it('is tried by waterflow secrets check, and used by a run', async () => {
    const { folder } = await world('role');
    const tried = await waterflow(['secrets', 'check', 'secrets.yaml', '--read'], { cwd: folder });
    expect(tried.stdout).toMatch(/^TOKEN: given by vault, version 2\nFIRST: given by vault, version 1\n/);
    const workflow = `name: uses
on: manual
jobs: { one: { steps: [{ env: { TOKEN: "\${{ secrets.TOKEN }}" }, run: 'echo "$TOKEN \${#TOKEN}"' }] } }
`;
    writeFileSync(join(folder, 'uses.yml'), workflow);
    chmodSync(folder, 0o755);
    const env = { WATERFLOW_SECRETS_FILE: 'secrets.yaml' };
    const ran = await waterflow(['run', 'uses.yml', '--state', 'state'], { cwd: folder, env });
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining(`*** ${value.length}`),
    });
    expect(tried.stdout + tried.stderr + ran.stdout + ran.stderr).not.toContain(value);
  });
});
