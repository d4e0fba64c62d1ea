/** examples/ansible.yml, run by `waterflow run`'s engine and by an agent of a server on Temporal; and what the node's page shows, with hosts that are this machine. */
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { blocksOn } from '../tools/code-blocks/blocks.ts';
import { folderWith, root } from './command.ts';
import { openWorkflow } from './example-runs.ts';
import { User } from './followed-examples.ts';
import { stepsOf, workflowOf } from './node-page.ts';
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

describe.skipIf(!hasAnsible)('the page of ansible@v1', { timeout: 300_000 }, () => {
  const [deploy = '', production = '', workstation = '', ...others] = stepsOf(
    blocksOn('plugins/ansible/README.md', { language: 'yaml', begins: '- ' }),
  );
  // Where a machine has several Pythons, Ansible may discover one that doesn't work.
  const local = 'ansible_connection=local ansible_python_interpreter=/usr/bin/python3';
  const playbook = '- hosts: all\n  gather_facts: false\n  tasks: [{ command: "true", tags: [packages] }]\n';

  it('has no example but these', () => {
    expect(others).toEqual([]);
  });

  it.each([
    [
      'two hosts',
      deploy,
      {
        'site.yml': playbook,
        'group_vars/web.yml': 'ansible_connection: local\nansible_python_interpreter: /usr/bin/python3\n',
      },
      'web-2.example.com',
    ],
    [
      'production, without changing it',
      production,
      {
        'site.yml': playbook,
        'ansible.cfg': '[defaults]\nstdout_callback = default\n',
        'inventories/production': `[web]\nweb-1.example.com ${local}\nweb-3.example.com ${local}\n`,
      },
      'web-1.example.com',
    ],
    ['this machine', workstation, { 'workstation.yml': playbook }, 'localhost'],
  ])('shows %s', async (_what, steps, files, host) => {
    const made = Object.entries(files).map(
      ([path, text]) =>
        `- env: { TEXT: ${JSON.stringify(text)} }\n  run: 'mkdir -p "$(dirname ${path})"; printf %s "$TEXT" > ${path}'\n`,
    );
    const cwd = folderWith({ 'page.yml': workflowOf(`${made.join('')}${steps}`), 'policy.yaml': policy });
    await using workflow = await openWorkflow(
      { cwd, state: folderWith({}), policy: join(cwd, 'policy.yaml') },
      'page.yml',
    );
    const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const secrets = { DEPLOY_KEY: key, API_TOKEN: 'correct-horse', VAULT_PASSWORD: 'battery-staple' };
    const ran = await workflow.run({ secrets, vars: { KNOWN_HOSTS: 'web-1.example.com ssh-ed25519 AAAA' } });
    expect({ status: ran.summary.status, says: ran.says }).toMatchObject({ status: 'success' });
    expect(ran.says.join('\n')).toContain(host);
    expect(JSON.stringify([ran.summary, ran.says])).not.toMatch(/correct-horse|battery-staple|PRIVATE KEY/u);
  });
});
