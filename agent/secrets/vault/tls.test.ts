/** Vault over TLS, with certificates by an authority of the site's own. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type Authority, authority } from '../../../e2e/before-temporal.ts';
import { openBroker, valueOf } from '../testing/open.ts';
import { testPowers } from '../testing/powers.ts';
import { entry, send, startStandIn } from '../testing/stand-in.ts';

const value = 'correct-horse-battery';
const read = ({ folder }: Authority, name: string): string => readFileSync(join(folder, name), 'utf8');

/** A stand-in that asks for a certificate by the authority, and the agent's folder with its own. */
async function world() {
  const site = authority();
  site.issue('server', 'IP:127.0.0.1,DNS:vault.test');
  site.issue('agent', 'DNS:agent.test');
  const tls = { cert: read(site, 'server.pem'), key: read(site, 'server.key'), ca: read(site, 'ca.pem') };
  const standIn = await startStandIn((_, response) => send(response, 200, entry({ token: value })), {
    ...tls,
    requestCert: true,
  });
  onTestFinished(() => standIn[Symbol.asyncDispose]());
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-vault-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const put = (name: string): void => copyFileSync(join(site.folder, name), join(folder, name));
  for (const name of ['ca.pem', 'agent.pem', 'agent.key']) put(name);
  const broker = (more: string) => {
    const powers = testPowers({ VAULT_TOKEN: 'token-of-the-agent' });
    const opened = openBroker(
      `cache: 0s
providers: { vault: { vault: { address: "${standIn.address}", attempts: 1, auth: { token-variable: VAULT_TOKEN }, ${more} } } }
secrets: { TOKEN: { provider: vault, path: deploy, field: token } }`,
      { folder, powers },
    );
    onTestFinished(() => opened[Symbol.asyncDispose]());
    return opened;
  };
  return { standIn, folder, broker };
}

const ownTls = 'ca: ca.pem, cert: agent.pem, key: agent.key';

it('is asked by an authority and a certificate of the site, and for a namespace', async () => {
  const { standIn, broker } = await world();
  expect(await valueOf(broker(`tls: { ${ownTls} }, namespace: team/a/`), 'TOKEN')).toBe(value);
  expect(new Set(standIn.asked.map(({ headers }) => headers['x-vault-namespace']))).toEqual(new Set(['team/a']));
  expect(await valueOf(broker(`tls: { ${ownTls}, server-name: vault.test }`), 'TOKEN')).toBe(value);
  expect(standIn.asked.at(-1)?.headers).not.toHaveProperty('x-vault-namespace');
});

it('gets nothing of the agent where its certificate is not trusted, is for another name, or wants one of the agent', async () => {
  const { standIn, broker } = await world();
  const refused = ['namespace: a', `tls: { ${ownTls}, server-name: other.test }`, 'tls: { ca: ca.pem }'];
  for (const more of refused) expect(await valueOf(broker(more), 'TOKEN'), more).toMatch(/^SECRET_UNREACHABLE: /u);
  expect(standIn.asked).toEqual([]);
});

it('is asked with the files that are there then', async () => {
  const { folder, broker } = await world();
  const other = authority();
  const once = broker(`tls: { ${ownTls} }`);
  expect(await valueOf(once, 'TOKEN')).toBe(value);
  const before = readFileSync(join(folder, 'ca.pem'));
  copyFileSync(join(other.folder, 'ca.pem'), join(folder, 'ca.pem'));
  expect(await valueOf(once, 'TOKEN')).toMatch(/^SECRET_UNREACHABLE: /u);
  rmSync(join(folder, 'ca.pem'));
  expect(await valueOf(once, 'TOKEN')).toMatch(/^SECRET_UNREACHABLE: .*can't be read \(ENOENT\)/u);
  writeFileSync(join(folder, 'ca.pem'), before);
  expect(await valueOf(once, 'TOKEN')).toBe(value);
});
