/** A server that lets nobody in without a certificate, and the command that has one. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { authority } from './before-temporal.ts';
import { waterflow } from './command.ts';
import { type ServerProcess, serverPlace } from './server-process.ts';

async function begin(file: (name: string) => string): Promise<ServerProcess> {
  const tls = `{ cert: ${file('server.pem')}, key: ${file('server.key')}, client-ca: ${file('ca.pem')} }`;
  const place = serverPlace({ 'server.yaml': `tls: ${tls}\n` });
  return await place.begin({ argv: ['--config', join(place.folder, 'server.yaml')] });
}

it('shows itself to who has a certificate, by the environment or a profile, and tells others what is missing', async () => {
  const by = authority();
  by.issue('server', 'IP:127.0.0.1,DNS:localhost');
  by.issue('operator');
  const file = (name: string): string => join(by.folder, name);
  const { url } = await begin(file);
  expect(url).toMatch(/^https:/u);
  const trusted = { WATERFLOW_SERVER_URL: url, WATERFLOW_SERVER_TLS_CA: file('ca.pem') };
  const own = {
    ...trusted,
    WATERFLOW_SERVER_TLS_CERT: file('operator.pem'),
    WATERFLOW_SERVER_TLS_KEY: file('operator.key'),
  };
  const config = join(by.folder, 'config');
  mkdirSync(join(config, 'waterflow'), { recursive: true });
  const profile = `profiles: { site: { url: "${url}", tls: { ca: ../../ca.pem, cert: ../../operator.pem, key: ../../operator.key } } }\n`;
  writeFileSync(join(config, 'waterflow', 'config.yaml'), profile);
  const list = (env: Readonly<Record<string, string>>, ...argv: readonly string[]) =>
    waterflow(['list', ...argv], { env });
  const [answered, byProfile, without, untrusting, half] = await Promise.all([
    list(own),
    list({ XDG_CONFIG_HOME: config }, '--profile', 'site'),
    list(trusted),
    list({ WATERFLOW_SERVER_URL: url }),
    list({ ...trusted, WATERFLOW_SERVER_TLS_CERT: file('operator.pem') }),
  ]);
  expect([answered, byProfile]).toMatchObject([
    { code: 0, stderr: 'no runs\n' },
    { code: 0, stderr: 'no runs\n' },
  ]);
  expect(without.stderr).toMatch(/SERVER_UNAVAILABLE[\s\S]*WATERFLOW_SERVER_TLS_CERT/u);
  expect(untrusting.stderr).toMatch(/SERVER_UNAVAILABLE[\s\S]*WATERFLOW_SERVER_TLS_CA/u);
  expect(half.stderr).toMatch(/USAGE[\s\S]*WATERFLOW_SERVER_TLS_KEY/u);
});
