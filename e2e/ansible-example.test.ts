/** examples/ansible.yml, run by `waterflow run`'s engine and by an agent of a server on Temporal. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compile } from '../dsl/index.ts';
import { startTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { createPluginCatalogue } from '../runtime/manifest/index.ts';
import type { AbsolutePath } from '../schemas/index.ts';
import { folderWith, root } from './command.ts';
import { openWorkflow } from './example-runs.ts';
import { User } from './followed-examples.ts';
import { needs } from './require.ts';
import { beginWithAgents, newApiKey } from './temporal-agents.ts';

const file = 'ansible.yml';
const hasAnsible = await needs('ansible');
const hasTemporal = await needs('temporal');

const policy = `version: 1
require: { confinement: 0 }
rules: [{ plugin: built-in, allow: requested, profile: host }]
`;
const given = { inputs: { port: '8443' }, secrets: { API_TOKEN: 'correct-horse' } };
const says = ['configure/4: 2 of 3 tasks changed something; port 8443', 'configure/4: name=app-2 port=8443'];

describe.skipIf(!hasAnsible)('the example of ansible', () => {
  it('tries a playbook, plays it, and tells what it did', { timeout: 300_000 }, async () => {
    const folder = folderWith({ 'policy.yaml': policy });
    const place = { cwd: join(root, 'examples'), state: folder, policy: join(folder, 'policy.yaml') };
    await using example = await openWorkflow(place, file);
    const ran = await example.run(given);
    expect({ status: ran.summary.status, says: ran.says }).toMatchObject({ status: 'success' });
    expect(ran.says).toEqual(expect.arrayContaining(says));
    expect(JSON.stringify([ran.summary, ran.notices])).not.toContain('correct-horse');
  });

  it.skipIf(!hasTemporal)('does the same on an agent', { timeout: 300_000 }, async () => {
    await using temporal = await startTemporal({ namespaces: ['ansible'] });
    const begun = await beginWithAgents(temporal, { namespace: 'ansible', agents: { alpha: 'local=8' }, policy });
    const user = new User(begun.server, await newApiKey(begun.at, { name: 'ada', role: 'admin' }));
    const outcome = await user.follow({ file, given });
    expect(outcome).toMatchObject({ code: 0, says: expect.arrayContaining(says) });
    expect(JSON.stringify(outcome)).not.toContain('correct-horse');
  });
});

it('what the node’s own page shows are steps without fault', () => {
  const page = readFileSync(join(root, 'plugins/ansible/README.md'), 'utf8');
  const blocks = Array.from(page.matchAll(/^```yaml\n(- .*?)\n```$/gms), ([, block = '']) => block);
  expect(blocks).toHaveLength(3);
  const steps = blocks.map((block) => `${block.replaceAll(/^/gm, '      ')}\n`).join('');
  const source = `name: page\non: manual\njobs:\n  all:\n    steps:\n${steps}`;
  const folder = root as AbsolutePath; // The repository.
  const catalogue = createPluginCatalogue({ builtIn: join(folder, 'plugins') as AbsolutePath }).nodes(folder); // Below it.
  expect(compile(Buffer.from(source), { file: 'page.yml', catalogue }).diagnostics).toEqual([]);
});
