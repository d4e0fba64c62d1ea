/** examples/file-transfer.yml, run by `waterflow run`'s engine and by an agent of a server on Temporal. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compile } from '../dsl/index.ts';
import { startTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { startSshd, type TestSshd } from '../runtime/capabilities/ssh/testing/sshd.ts';
import { createPluginCatalogue } from '../runtime/manifest/index.ts';
import type { AbsolutePath } from '../schemas/index.ts';
import { folderWith, root } from './command.ts';
import { type Given, openWorkflow } from './example-runs.ts';
import { User } from './followed-examples.ts';
import { needs } from './require.ts';
import { beginWithAgents, newApiKey } from './temporal-agents.ts';

const file = 'file-transfer.yml';
const hasSsh = await needs('ssh');
const hasTemporal = await needs('temporal');

/** A server of this machine has a private address, which the operator must write out. */
const policy = `version: 1
require: { confinement: 0 }
rules:
  - { plugin: built-in, allow: requested, profile: host }
  - plugin: file-transfer
    allow:
      ssh: [{ host: 127.0.0.1, port: "*", user: "*", secrets: [DEPLOY_KEY], read: /**, write: /**, commands: [{ command: ls, args: any }], private: true }]
`;

function givenFor(server: TestSshd): Given & { readonly site: string } {
  const site = join(server.root, 'my site');
  return {
    site,
    inputs: {
      host: '127.0.0.1',
      port: String(server.port),
      user: server.user,
      'host-key': server.fingerprint,
      folder: site,
    },
    secrets: { DEPLOY_KEY: server.keys.client },
  };
}

const first = ['deploy/4: 2 sent, 0 there already; assets: main page.css', 'deploy/4: <h1>A river</h1>'];
const again = ['deploy/4: 0 sent, 2 there already; assets: main page.css', 'deploy/4: <h1>A river</h1>'];

describe.skipIf(!hasSsh)('the example of file-transfer', () => {
  it('sends a site, looks at it and fetches a file of it, and sends nothing the next time', async () => {
    await using server = await startSshd();
    const { site, ...given } = givenFor(server);
    const folder = folderWith({ 'policy.yaml': policy });
    const place = { cwd: join(root, 'examples'), state: folder, policy: join(folder, 'policy.yaml') };
    await using example = await openWorkflow(place, file);
    for (const says of [first, again]) {
      const ran = await example.run(given);
      expect({ status: ran.summary.status, says: ran.says }).toMatchObject({ status: 'success' });
      expect(ran.says).toEqual(expect.arrayContaining(says));
    }
    expect(readFileSync(join(site, 'index.html'), 'utf8')).toBe('<h1>A river</h1>\n');
  });

  it.skipIf(!hasTemporal)('does the same on an agent', { timeout: 300_000 }, async () => {
    await using server = await startSshd();
    await using temporal = await startTemporal({ namespaces: ['transfer'] });
    const begun = await beginWithAgents(temporal, { namespace: 'transfer', agents: { alpha: 'local=8' }, policy });
    const user = new User(begun.server, await newApiKey(begun.at, { name: 'ada', role: 'admin' }));
    const { site: _site, ...given } = givenFor(server);
    for (const says of [first, again]) {
      const outcome = await user.follow({ file, given });
      expect(outcome).toMatchObject({ code: 0, says: expect.arrayContaining(says) });
      expect(JSON.stringify(outcome)).not.toContain('PRIVATE KEY');
    }
  });
});

it('what the node’s own page shows are steps without fault', () => {
  const page = readFileSync(join(root, 'plugins/file-transfer/README.md'), 'utf8');
  const blocks = Array.from(page.matchAll(/^```yaml\n(- .*?)\n```$/gms), ([, block = '']) => block);
  expect(blocks).toHaveLength(3);
  const steps = blocks.map((block) => `${block.replaceAll(/^/gm, '      ')}\n`).join('');
  const source = `name: page\non: manual\njobs:\n  all:\n    steps:\n${steps}`;
  const folder = root as AbsolutePath; // The repository.
  const catalogue = createPluginCatalogue({ builtIn: join(folder, 'plugins') as AbsolutePath }).nodes(folder); // Below it.
  expect(compile(Buffer.from(source), { file: 'page.yml', catalogue }).diagnostics).toEqual([]);
});
