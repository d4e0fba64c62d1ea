/** Forged tokens, and where the server may be led to fetch the keys of tokens, against its process. */
import { execFileSync } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { forge, makeIssuer, type TestIssuer } from '../server/auth/testing/tokens.ts';
import { folderWith, start } from './command.ts';
import { type GuardedServer, guardedServer } from './guarded-server.ts';
import { logOf } from './server-process.ts';

const names = { iss: 'https://issuer.example', aud: 'waterflow' };
const claims = () => ({
  ...names,
  sub: 'alice',
  tenant: 'acme',
  role: 'admin',
  exp: Math.floor(Date.now() / 1000) + 600,
});
const configOf = (jwks: string): string =>
  `jwt: { issuer: '${names.iss}', audience: ${names.aud}, clock-skew: 1s, ${jwks} }\nlimits: { failures-per-minute: 0 }`;

const statusOf = async (server: GuardedServer, token: string): Promise<number> =>
  (await server.ask('/v1/keys', { key: token })).status;

/** What attackers make of a token that is not theirs; by what it is. */
async function forgeries(issuer: TestIssuer): Promise<Readonly<Record<string, string>>> {
  const honest = await issuer.sign(claims());
  const [head = '', , signature = ''] = honest.split('.');
  const attacker = await makeIssuer({ kid: 'evil' });
  const signed = forge({ alg: 'HS256', kid: 'first' }, claims()).split('.').slice(0, 2).join('.');
  const mac = createHmac('sha256', JSON.stringify(issuer.publicJwk)).update(signed).digest('base64url');
  const twice = `${JSON.stringify(claims()).slice(0, -1)},"role":"admin"}`;
  const ofKid = (kid: unknown): string => forge({ alg: 'ES256', kid }, claims(), new Uint8Array(64));
  return {
    ...Object.fromEntries(['none', 'None', 'NONE', ''].map((alg) => [`alg ${alg}`, forge({ alg }, claims(), '')])),
    'none with a signature': forge({ alg: 'none' }, claims(), 'x'),
    'HS256 with the public key': `${signed}.${mac}`,
    'changed claims': `${head}.${forge({}, { ...claims(), tenant: '*' }).split('.')[1]}.${signature}`,
    'no signature': honest.slice(0, honest.lastIndexOf('.') + 1),
    'zeros for a signature': ofKid('first'),
    'a key of its own': await attacker.sign(claims(), { jwk: attacker.publicJwk }),
    'a key of its own by the right name': await attacker.sign(claims(), { kid: 'first', jku: 'http://127.0.0.1:1/' }),
    'kid that is a path': ofKid('../../../../dev/null'),
    'kid that is SQL': ofKid("x' UNION SELECT 'a' --"),
    'kid that is a command': ofKid('|touch /tmp/kid'),
    'kid that is a URL': ofKid('file:///etc/passwd'),
    'kid that is a property': ofKid('__proto__'),
    'kid that is no text': ofKid({ toString: 'first' }),
    crit: forge({ alg: 'ES256', kid: 'first', crit: ['b64'], b64: false }, claims(), 'x'),
    'a claim twice': issuer.signTexts('{"alg":"ES256","kid":"first"}', twice),
    'a header twice': issuer.signTexts('{"alg":"none","alg":"ES256","kid":"first"}', JSON.stringify(claims())),
    expired: await issuer.sign({ ...claims(), exp: Math.floor(Date.now() / 1000) - 10 }),
    'not valid yet': await issuer.sign({ ...claims(), nbf: Math.floor(Date.now() / 1000) + 600 }),
    'another audience': await issuer.sign({ ...claims(), aud: 'other' }),
    'another issuer': await issuer.sign({ ...claims(), iss: 'https://issuer.example.evil' }),
    huge: await issuer.sign({ ...claims(), padding: randomBytes(3_500).toString('hex') }),
  };
}

it('forged tokens let nobody in, and the true one does', { timeout: 60_000 }, async () => {
  const issuer = await makeIssuer();
  const files = { 'jwks.json': JSON.stringify({ keys: [issuer.publicJwk] }) };
  const folder = folderWith(files);
  const server = await guardedServer({ config: configOf(`jwks-file: ${join(folder, 'jwks.json')}`) });
  expect(await statusOf(server, await issuer.sign(claims()))).toBe(200);
  for (const [what, token] of Object.entries(await forgeries(issuer))) {
    const { status, text } = await server.ask('/v1/keys', { key: token });
    expect([what, status]).toEqual([what, 401]);
    expect(text).not.toContain(token.slice(0, 60));
  }
  for (const [what, more] of Object.entries({
    'all tenants': { tenant: '*' },
    'no role': { role: 'root' },
    agent: { role: 'agent' },
  })) {
    expect([what, await statusOf(server, await issuer.sign({ ...claims(), ...more }))]).toEqual([what, 403]);
  }
  // More than all headers may be together.
  const endless = await server.ask('/v1/keys', { headers: { authorization: `Bearer ${'a'.repeat(20_000)}` } });
  expect(endless.status).toBe(431);
  // What the file says now holds.
  writeFileSync(join(folder, 'jwks.json'), JSON.stringify({ keys: [(await makeIssuer()).publicJwk] }));
  expect(await statusOf(server, await issuer.sign(claims()))).toBe(401);
  for (const line of [server.process.stderr, server.process.stdout]) expect(line).not.toContain('eyJ');
  expect(await statusOf(server, await issuer.sign(claims()))).toBe(401);
});

/** An issuer's web server on this machine, with a certificate that the server is told to trust. */
async function keyServer(
  handle: RequestListener,
): Promise<{ readonly url: string; readonly env: Readonly<Record<string, string>>; readonly asked: string[] }> {
  const folder = folderWith({});
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const argv = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  execFileSync('openssl', [...argv, ...names, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const asked: string[] = [];
  const web = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
    asked.push(request.url ?? '');
    handle(request, response);
  });
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  onTestFinished(() => {
    web.closeAllConnections();
    web.close();
  });
  const { port } = web.address() as AddressInfo; // A server on a port has an address of this form.
  return { url: `https://localhost:${port}`, env: { WATERFLOW_CA_FILE: cert }, asked };
}

it('keys are fetched from where the configuration says alone: no redirect, no endless or slow answer', {
  timeout: 90_000,
}, async () => {
  const issuer = await makeIssuer();
  const keys = JSON.stringify({ keys: [issuer.publicJwk] });
  const web = await keyServer((request, response) => {
    if (request.url === '/good') response.end(keys);
    else if (request.url === '/redirect') response.writeHead(302, { location: '/good' }).end();
    else if (request.url === '/large') response.end(`${keys.slice(0, -1)},"padding":"${'x'.repeat(1024 * 1024)}"}`);
    // Begins, and never ends.
    else response.write(keys.slice(0, 10));
  });
  const token = await issuer.sign(claims());
  const trying = async (path: string, more = ', jwks-allow-private: true') => {
    const server = await guardedServer({ config: configOf(`jwks-url: '${web.url}${path}'${more}`), env: web.env });
    const at = performance.now();
    const status = await statusOf(server, token);
    const ms = performance.now() - at;
    // Whatever comes of that, API keys are taken.
    expect((await server.ask('/v1/keys', { key: await server.key('admin') })).status).toBe(200);
    const warning = logOf(server.process.stderr).find(({ message }) =>
      String(message).startsWith('the keys of tokens'),
    );
    return { status, ms, reason: String(warning?.['reason']) };
  };
  expect(await trying('/good')).toMatchObject({ status: 200 });
  // A private address, without leave.
  web.asked.length = 0;
  expect(await trying('/good', '')).toMatchObject({ status: 503, reason: expect.stringContaining('127.0.0.1') });
  expect(web.asked).toEqual([]);
  expect(await trying('/redirect')).toMatchObject({ status: 503, reason: 'a redirect (302) is not followed' });
  expect(web.asked).toEqual(['/redirect']);
  expect(await trying('/large')).toMatchObject({
    status: 503,
    reason: expect.stringContaining('larger than 1048576 bytes'),
  });
  const slow = await trying('/slow');
  expect(slow.status).toBe(503);
  expect(slow.ms).toBeGreaterThan(4_000);
  expect(slow.ms).toBeLessThan(15_000);
});

it('keys are not fetched from addresses that give out credentials, nor by another scheme than HTTPS', {
  timeout: 60_000,
}, async () => {
  const token = await (await makeIssuer()).sign(claims());
  for (const host of ['169.254.169.254', '[fe80::1]', '[::ffff:169.254.169.254]', '0251.0376.0251.0376']) {
    const server = await guardedServer({
      config: configOf(`jwks-url: 'https://${host}/latest', jwks-allow-private: true`),
    });
    const at = performance.now();
    expect([host, await statusOf(server, token)]).toEqual([host, 503]);
    // It wasn't even tried.
    expect(performance.now() - at).toBeLessThan(3_000);
    server.process.kill('SIGTERM');
    await server.process.ended;
  }
  for (const url of [
    'http://127.0.0.1/jwks',
    'file:///etc/passwd',
    'https://user:word@127.0.0.1/',
    'ftp://127.0.0.1/',
    'data:,x',
  ]) {
    const folder = folderWith({ 'server.yaml': configOf(`jwks-url: '${url}'`) });
    const argv = ['server', '--state', join(folder, 'state'), '--port', '0', '--config', join(folder, 'server.yaml')];
    const { code, stderr } = await start(argv, { cwd: folder }).ended;
    expect([url, code]).toEqual([url, 2]);
    expect(stderr).toContain('jwks-url');
  }
});
