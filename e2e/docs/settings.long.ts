/** The settings that pages show: what the programs, or others that read them, say of each. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newPayloadKey } from '../../engine/temporal/payloads/payload-keys.ts';
import { newQueueKey } from '../../engine/temporal/payloads/queue-keys.ts';
import { blockOn } from '../../tools/code-blocks/blocks.ts';
import { authority } from '../before-temporal.ts';
import { root } from '../command.ts';
import { needs } from '../require.ts';
import { filled, type Place, placeWith, type Replaced } from './place.ts';

const hasNginx = await needs('nginx');
const hasSystemd = await needs('systemd');
const hasKubectl = await needs('kubectl');

const { publicKey: queueKey } = await newQueueKey();

/** A place that has what settings name: certificates by an authority, keys, a file with the words of a secret. */
function placeWithKeys(files: Readonly<Record<string, string>>): Place {
  const place = placeWith({ ...files, 'admin.key': `${'k'.repeat(64)}\n`, 'models.key': 'key\n' });
  const by = authority();
  by.issue('server', 'DNS:localhost,IP:127.0.0.1');
  const copies = {
    'temporal-ca.pem': 'ca.pem',
    'clients.pem': 'ca.pem',
    'vault-ca.pem': 'ca.pem',
    'waterflow.pem': 'server.pem',
    'waterflow-key.pem': 'server.key',
    'server.pem': 'server.pem',
    'server.key': 'server.key',
  };
  mkdirSync(join(place.folder, 'tls'));
  for (const [name, from] of Object.entries(copies)) {
    for (const folder of ['', 'tls']) cpSync(join(by.folder, from), join(place.folder, folder, name));
  }
  writeFileSync(join(place.folder, 'payload-keys'), `${newPayloadKey()}\n`, { mode: 0o600 });
  return place;
}

describe('the settings of a server and of an agent', () => {
  it.each<[string, string, string, Replaced, string]>([
    [
      'server',
      'with Temporal',
      blockOn('docs/server.md', { language: 'yaml', under: 'On Temporal' }),
      { 'wfqueue1_public_…': queueKey },
      'temporal.example.com:7233',
    ],
    [
      'server',
      'with tokens',
      blockOn('docs/server.md', { language: 'yaml', under: 'Tokens' }),
      {},
      'https://login.example.com/',
    ],
    [
      'server',
      'with a bucket',
      blockOn('docs/server.md', { language: 'yaml', begins: 'blobs:' }),
      {},
      'waterflow-blobs',
    ],
    [
      'server',
      'with TLS',
      blockOn('docs/server.md', { language: 'yaml', under: 'TLS' }),
      { '/etc/waterflow/': '' },
      'tls/server.pem',
    ],
    [
      'server',
      'behind a proxy',
      blockOn('docs/server.md', { language: 'yaml', under: 'Behind a proxy' }),
      {},
      'https://waterflow.example.com',
    ],
    [
      'server',
      'for other origins',
      blockOn('docs/server.md', { language: 'yaml', begins: 'cors-origins:' }),
      {},
      'https://ops.example.com',
    ],
    [
      'agent',
      'with a bucket',
      blockOn('plugins/cache/README.md', { language: 'yaml', begins: '# /etc/waterflow/agent.yaml' }),
      { '/etc/waterflow/s3-credentials': 's3-credentials' },
      'ci-cache',
    ],
  ])('%s %s are taken', async (role, _what, block, replaced, value) => {
    const place = placeWithKeys({ 'settings.yaml': filled(block, replaced) });
    writeFileSync(
      join(place.folder, 's3-credentials'),
      '[default]\naws_access_key_id = a\naws_secret_access_key = b\n',
      { mode: 0o600 },
    );
    const shown = await place.run(
      `AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b API_KEY=${'k'.repeat(64)} waterflow config show --role ${role} --config settings.yaml ${role === 'agent' ? '' : '--state state'}`,
    );
    expect(shown).toContain(value);
    expect(shown).toContain('settings.yaml:');
  });

  it('are shown with where each comes from', async () => {
    const place = placeWith({ 'server.yaml': 'state: state\n' });
    const printed = await place.run(
      `HOST=0.0.0.0 API_KEY=${'k'.repeat(64)} waterflow config show --config server.yaml`,
    );
    const [heading = '', host = '', port = '', state = '', key = ''] = blockOn('docs/server.md', {
      begins: 'setting ',
    }).split('\n');
    const words = (line: string): string => line.replaceAll(/ {2,}/gu, '  ');
    const lines = printed.split('\n').map(words);
    expect(lines).toEqual(expect.arrayContaining([heading, host, port, key].map(words)));
    expect(state).toMatch(/server\.yaml:1$/u);
    expect(lines.some((line) => line.startsWith('state') && line.endsWith('server.yaml:1'))).toBe(true);
  });
});

describe('the secrets of an agent', () => {
  it('are checked, and read, by the commands of their page', async () => {
    const text = blockOn('docs/secrets.md', { language: 'yaml' });
    const place = placeWithKeys({ 'secrets.yaml': text, 'vault-secret-id': 'id\n' });
    const [check = '', read = ''] = filled(blockOn('docs/secrets.md', { language: 'sh' }), {
      '/etc/waterflow/': '',
    }).split('\n');
    await place.run(
      'mkdir -p secrets.d/db; echo words > secrets.d/db/password; chmod 600 vault-secret-id secrets.d/db/password',
    );
    expect(await place.run(check)).toContain('secrets.yaml');
    // No Vault is at that address.
    writeFileSync(join(place.folder, 'secrets.yaml'), text.replace(/^ {2}DEPLOY_TOKEN.*\n/mu, ''));
    const printed = await place.run(read);
    expect(printed).toContain('DB_PASSWORD');
    expect(printed).not.toContain('words');
  });
});

describe.skipIf(!hasNginx)('nginx', () => {
  it('takes what stands before Temporal', async () => {
    const place = placeWithKeys({});
    const by = filled(blockOn('docs/operations.md', { language: 'nginx', begins: 'upstream temporal' }), {
      '/etc/nginx/tls/site.pem': `${place.folder}/tls/server.pem`,
      '/etc/nginx/tls/site.key': `${place.folder}/tls/server.key`,
      '/etc/nginx/tls/ca.pem': `${place.folder}/tls/clients.pem`,
    });
    writeFileSync(
      join(place.folder, 'nginx.conf'),
      `pid ${place.folder}/pid; error_log stderr; events {}\nhttp { access_log off;\n${by}}\n`,
    );
    expect(await place.run(`nginx -t -q -p ${place.folder} -c ${place.folder}/nginx.conf`)).not.toContain('[emerg]');
  });
});

describe.skipIf(!hasSystemd)('systemd', () => {
  it('takes the drop-in of an agent that deploys', async () => {
    const unit = readFileSync(join(root, 'deploy/systemd/waterflow-agent.service'), 'utf8');
    const place = placeWith({
      'waterflow-agent.service': filled(unit, { '/opt/waterflow/current/bin/waterflow': '/bin/true' }),
      'waterflow-agent.service.d/deploys.conf': blockOn('docs/deploy.md', { language: 'ini' }),
    });
    expect(await place.run('systemd-analyze verify --man=no ./waterflow-agent.service')).toBe('');
    const broken = filled(blockOn('docs/deploy.md', { language: 'ini' }), { ReadWritePaths: 'ReadWritePath' });
    writeFileSync(join(place.folder, 'waterflow-agent.service.d/deploys.conf'), broken);
    expect(await place.run('systemd-analyze verify --man=no ./waterflow-agent.service')).toContain('ReadWritePath');
  });
});

it.runIf(hasKubectl)('kubectl renders the site that docs/deploy.md shows', async () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  const place = placeWith({
    'site/server/kustomization.yaml': filled(blockOn('docs/deploy.md', { language: 'yaml' }), { 'sha256:…': digest }),
    'site/server/server.yaml': 'port: 8080\n',
  });
  // kustomize follows no link out of the folder that it begins in.
  cpSync(join(root, 'deploy/kubernetes'), join(place.folder, 'deploy/kubernetes'), { recursive: true });
  const rendered = await place.run('kubectl kustomize site/server');
  expect(rendered).toContain(`registry.example.com/waterflow/server@${digest}`);
  expect(rendered).toContain('port: 8080');
});
