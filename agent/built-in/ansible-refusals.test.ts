/** What ansible@v1 may not do and doesn't take, and what goes wrong with it. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { filledLayer } from '../../runtime/grants/testing/filled.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { Json, JsonObject } from '../../schemas/index.ts';
import { createTestAgent, repository, type TestRun } from '../executor/testing/agent.ts';
import { type AnsibleWorld, playbook, startAnsibleWorld } from './testing/ansible-world.ts';

const supervisor = sharedSupervisor();
const works = await needs('ansible');
const ran = playbook('command: touch {{ playbook_dir }}/ran');

const expectFailure = (run: TestRun, message: RegExp, more: JsonObject = {}): void =>
  expect(run).toMatchObject({
    result: { outcome: 'failure', error: { message: expect.stringMatching(message) }, ...more },
  });
const programs = (run: TestRun): readonly unknown[] =>
  run.calls.filter(({ capability, decision }) => capability === 'exec' && decision === 'allowed');

describe.runIf(works)('ansible@v1', { timeout: 300_000 }, () => {
  let world: AnsibleWorld;
  beforeAll(async () => {
    world = await startAnsibleWorld(supervisor(), {
      'site.yml': ran,
      hosts: 'localhost ansible_connection=local\n',
      'a,b': 'localhost\n',
      'linked-folder/hosts': 'localhost ansible_connection=local\n',
      folder: '',
      'deep/a/b/hosts': 'localhost ansible_connection=local\n',
    });
    for (const name of ['link.yml', 'link.cfg']) symlinkSync('/etc/passwd', world.here(name));
    symlinkSync('/etc', world.here('outside'));
    symlinkSync('/etc/passwd', world.here('linked-folder/more'));
    symlinkSync('/etc/passwd', world.here('deep/a/b/link'));
  });
  afterAll(() => world[Symbol.asyncDispose]());

  describe('starts nothing for', () => {
    it.each<[string, JsonObject, RegExp]>([
      ['a way out of the workspace', { playbook: '../site.yml' }, /leaves the workspace/],
      ['a path of the machine', { playbook: '/etc/ansible/site.yml' }, /relative to the workspace/],
      ['a playbook that is an option', { playbook: '--extra-vars=@/etc/passwd' }, /looks like an option/],
      ['a playbook in the home folder', { playbook: '~/site.yml' }, /relative to the workspace/],
      ['a variable in a path', { playbook: '$HOME/site.yml' }, /no `\$`/],
      ['a line break in a path', { playbook: 'site.yml\n--check' }, /line break/],
      ['a playbook that is not there', { playbook: 'other.yml' }, /there is no other\.yml/],
      ['a playbook that is a folder', { playbook: 'linked-folder' }, /is a directory/],
      ['a link to a file of the machine', { playbook: 'link.yml' }, /link/],
      ['a link on the way', { playbook: 'outside/passwd' }, /link/],
      ['an inventory of the machine', { inventory: '/etc/ansible/hosts' }, /relative to the workspace/],
      ['an inventory script elsewhere', { inventory: '../script.py' }, /leaves the workspace/],
      ['an inventory that is an option', { inventory: '--vault-id=@prompt' }, /looks like an option/],
      ['an inventory that is a link', { inventory: 'link.yml' }, /link/],
      ['an inventory folder with a link in it', { inventory: 'linked-folder' }, /linked-folder\/more is a symlink/],
      ['an inventory folder with a link further down', { inventory: 'deep' }, /deep\/a\/b\/link is a symlink/],
      ['a list of hosts for an inventory', { inventory: 'a,b' }, /comma/],
      ['a file for an inventory', { inventory: '@hosts' }, /relative to the workspace/],
      ['an ansible.cfg of the machine', { config: '/etc/ansible/ansible.cfg' }, /relative to the workspace/],
      ['an ansible.cfg that is a link', { config: 'link.cfg' }, /link/],
      ['a limit from a file', { limit: '@/etc/passwd' }, /never a file/],
      ['a limit from a file after another', { limit: ['web', '@/etc/passwd'] }, /never a file/],
      ['a limit with a line break', { limit: 'web\n@/etc/passwd' }, /never a file/],
      ['a limit that is a template', { limit: '{{ x }}' }, /never a file/],
      ['a tag that is an option', { tags: '--syntax-check' }, /begin with/],
      ['a tag with a line break', { 'skip-tags': ['a', 'b\nc'] }, /one line/],
      ['a user that is an option', { user: '-oProxyCommand=id' }, /user/],
      ['a become-user with more words', { 'become-user': 'root -c id' }, /become-user/],
      ['a host that is an option', { hosts: ['-oProxyCommand=id'] }, /not a host's name/],
      ['a host that is a pattern', { hosts: ['web[1:9]'] }, /not a host's name/],
      ['an address that is an option', { hosts: { web: { ansible_host: '-oProxyCommand=id' } } }, /ansible_host/],
      [
        'an address that is an option, by its older name',
        { hosts: { web: { ansible_ssh_host: '-oProxyCommand=id' } } },
        /ansible_ssh_host/,
      ],
      [
        'an address of all hosts that is an option',
        { 'extra-vars': { ansible_ssh_host: '-oProxyCommand=id' } },
        /ssh_host/,
      ],
      ['a group of hosts that are not there', { hosts: ['web'], groups: { all_of: ['db'] } }, /not among/],
      ['a group that is everything', { hosts: ['web'], groups: { all: ['web'] } }, /not a group's name/],
      ['extra variables from a file', { 'extra-vars': '@/etc/passwd' }, /extra-vars/],
      ['a variable whose name is none', { 'extra-vars': { '@/etc/passwd': 1 } }, /not a variable's name/],
      ["a variable by which host keys wouldn't count", { 'extra-vars': { ansible_host_key_checking: false } }, /own/],
      ['so many forks', { forks: 100_000 }, /forks/],
    ])('%s', async (_what, inputs, message) => {
      const run = await world.play(inputs);
      expectFailure(run, message);
      expect(programs(run)).toEqual([]);
    });
  });

  describe('is denied', () => {
    it.each<[string, Readonly<Record<string, readonly JsonObject[]>>]>([
      ['the program', { fs: [{ read: '**' }] }],
      ['a run that changes something, where only checks are allowed', { fs: [{ read: '**' }], exec: [checksOnly()] }],
      ['a playbook that may not be read', { exec: [anything()], fs: [{ read: 'hosts' }] }],
      ['an inventory that may not be read', { exec: [anything()], fs: [{ read: 'site.yml' }] }],
    ])('what a step narrows away: %s', async (_what, permissions) => {
      const run = await world.play({ inventory: 'hosts' }, { permissions: [filledLayer({ permissions, inputs: {} })] });
      expectFailure(run, /./, { class: 'denied' });
      expect(programs(run)).toEqual([]);
    });

    it.each([
      ['the playbook', /^ {4}- read: \$\{\{ inputs\.playbook \}\}\n.*\n/m],
      ['the inventory', /^ {4}- read: \$\{\{ inputs\.inventory \}\}\/\*\*\n.*\n/m],
      ['the ansible.cfg', /^ {4}- read: \$\{\{ inputs\.config \}\}\n.*\n/m],
      ['the program', /^ {2}exec:\n(?: {4}.*\n)*/m],
      ['anything', /^permissions:\n(?: .*\n)*/m],
    ])('its work where its manifest does not request %s', async (_what, entry) => {
      const plugins = join(repository, 'plugins/ansible');
      const manifest = readFileSync(join(plugins, 'plugin.yaml'), 'utf8');
      const sources = readdirSync(plugins).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
      const files = Object.fromEntries(sources.map((name) => [name, readFileSync(join(plugins, name), 'utf8')]));
      await using agent = await createTestAgent({
        supervisor: supervisor(),
        policy:
          'version: 1\nrequire: { confinement: 0 }\nrules: [{ plugin: approved, allow: requested, profile: host }]',
        approve: ['./plugins/whole', './plugins/bare'],
      });
      agent.plugin('whole', { ...files, 'plugin.yaml': manifest.replace('name: ansible', 'name: whole') });
      agent.plugin('bare', {
        ...files,
        'plugin.yaml': manifest.replace('name: ansible', 'name: bare').replace(entry, ''),
      });
      mkdirSync(agent.claim.workspace, { recursive: true });
      for (const [name, text] of Object.entries({
        'site.yml': ran,
        hosts: 'localhost ansible_connection=local\n',
        'my.cfg': '',
      }))
        writeFileSync(join(agent.claim.workspace, name), text);
      const inputs = { playbook: 'site.yml', inventory: 'hosts', config: 'my.cfg' };
      const bare = await agent.run({ uses: './plugins/bare', with: inputs });
      expectFailure(bare, /./);
      expect(programs(bare)).toEqual([]);
      const env = [{ ANSIBLE_PYTHON_INTERPRETER: '/usr/bin/python3' }];
      const whole = await agent.run({ uses: './plugins/whole', with: inputs, env });
      expect(whole, JSON.stringify(whole)).toMatchObject({ result: { outcome: 'success' } });
    });
  });

  describe('says what is wrong with', () => {
    it('a playbook that is none', async () => {
      writeFileSync(world.here('broken.yml'), '- hosts: [\n');
      const run = await world.play({ playbook: 'broken.yml' });
      expectFailure(run, /exit code 4; its messages are in the log/, { outputs: { exit_code: 4 } });
      expect(run.log.stderr).toMatch(/broken\.yml/);
    });

    it('a limit that no host meets', async () => {
      const run = await world.play({ limit: 'nowhere' });
      expectFailure(run, /exit code 1/);
      expect(run.log.stderr).toMatch(/no hosts to target/);
    });

    it('results that the playbook took away', async () => {
      writeFileSync(
        world.here('thief.yml'),
        playbook('shell: "rm $WATERFLOW_ANSIBLE_RESULTS; mkdir $WATERFLOW_ANSIBLE_RESULTS"'),
      );
      expect((await world.play({ playbook: 'thief.yml' })).result).toMatchObject({ outcome: 'failure', outputs: {} });
    });

    it('a machine without Ansible', async () => {
      const path = process.env['PATH'];
      process.env['PATH'] = '/usr/sbin:/usr/bin:/sbin:/bin';
      try {
        await using other = await startAnsibleWorld(supervisor(), { 'site.yml': ran });
        const run = await other.play();
        expectFailure(run, /`ansible-playbook` was not found/);
        expect(programs(run)).toHaveLength(1);
      } finally {
        process.env['PATH'] = path;
      }
    });
  });
});

function anything(): Record<string, Json> {
  return { command: 'ansible-playbook', args: 'any', env: 'any', profile: 'host' };
}

/** Of the same form as the manifest's, but with `--check` in each run. */
function checksOnly(): Record<string, Json> {
  const before = { pattern: '(--extra-vars|--inventory|--limit).*', optional: true, repeat: true };
  return {
    ...anything(),
    args: [before, { type: 'text', optional: true }, before, '--check', { pattern: '--.*', repeat: true }, 'site.yml'],
  };
}
