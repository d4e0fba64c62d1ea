/** ansible@v1 over OpenSSH's own server. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { needs } from '../../e2e/require.ts';
import { canMount } from '../../runtime/audit/testing/small-disk.ts';
import { startSshd, type TestSshd } from '../../runtime/capabilities/ssh/testing/sshd.ts';
import { startUnsteadyNetwork } from '../../runtime/capabilities/ssh/testing/unsteady-network.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { type AnsibleWorld, encrypted, playbook, processesWith, startAnsibleWorld } from './testing/ansible-world.ts';
import { blocksOn } from '../../tools/code-blocks/blocks.ts';

const supervisor = sharedSupervisor();
const works = (await needs('ansible')) && (await needs('ssh'));

/** As where Ansible is installed: `ansible`, which ssh asks for the password, beside `ansible-playbook`. */
function bothPrograms(): Disposable {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-path-'));
  const installed = dirname(realpathSync(execFileSync('which', ['ansible-playbook'], { encoding: 'utf8' }).trim()));
  for (const name of ['ansible', 'ansible-playbook']) symlinkSync(join(installed, name), join(folder, name));
  vi.stubEnv('PATH', `${folder}:${process.env['PATH'] ?? ''}`);
  return {
    [Symbol.dispose]() {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true });
    },
  };
}

describe.runIf(works)('ansible@v1 over ssh', { timeout: 300_000 }, () => {
  let server: TestSshd;
  beforeAll(async () => {
    server = await startSshd();
    mkdirSync(join(server.root, 'tmp'), { mode: 0o700 });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const start = (
    files: Readonly<Record<string, string>>,
    secrets: Readonly<Record<string, string>> = {},
  ): Promise<AnsibleWorld> =>
    startAnsibleWorld(supervisor(), files, {
      secrets: { KEY: server.keys.client, STRANGER: server.keys.stranger, WRONG: 'correct-horse-battery', ...secrets },
    });
  /** A host's variables: this machine, by its server. */
  const machine = (more: JsonObject = {}): JsonObject => ({
    ansible_host: '127.0.0.1',
    ansible_port: server.port,
    ansible_remote_tmp: join(server.root, 'tmp'),
    ...more,
  });
  const knownHosts = (port: number): string => `[127.0.0.1]:${port} ${server.hostKeys.ed25519}`;
  const login = (more: JsonObject = {}): JsonObject => ({
    hosts: { web: machine() },
    user: server.user,
    'private-key': '${{ secrets.KEY }}',
    'known-hosts': knownHosts(server.port),
    // On a busy machine.
    'connect-timeout': 60,
    ...more,
  });
  const expectNoKey = (...shown: readonly unknown[]): void => {
    const text = JSON.stringify(shown);
    const lines = [server.keys.client, server.keys.stranger]
      .flatMap((key) => key.split('\n'))
      .filter((line) => line.length > 30);
    expect(['correct-horse', ...lines].filter((line) => text.includes(line))).toEqual([]);
  };

  it('logs in with the key, and runs tasks there over one connection', async () => {
    await using world = await start({
      'site.yml': playbook(
        'copy: { content: "from {{ inventory_hostname }}\\n", dest: "{{ root }}/ä b-{{ inventory_hostname }}", mode: "0640" }',
        'fetch: { src: "{{ root }}/ä b-{{ inventory_hostname }}", dest: "{{ playbook_dir }}/got/", flat: true }',
        '{ shell: "ls ~/connections > connections", delegate_to: localhost, vars: { ansible_connection: local } }',
      ),
    });
    const hosts = { 'web-1': machine(), 'web-2': machine() };
    const run = await world.play(login({ hosts, 'extra-vars': { root: server.root } }));
    expect({ result: run.result, log: run.log }).toMatchObject({
      result: { outcome: 'success', outputs: { hosts: { 'web-1': { ok: 3 }, 'web-2': { ok: 3 } } } },
    });
    expect(readFileSync(world.here('got/ä b-web-2'), 'utf8')).toBe('from web-2\n');
    expect(readFileSync(world.here('connections'), 'utf8').trim()).toMatch(/^[0-9a-f]{40}$/);
    expectNoKey(run, world.agent.recorded, world.agent.results);
    expect(world.leftovers()).toEqual([]);
    expect(processesWith(world.agent.claim.workspace)).toEqual([]);
  });

  it.each<[string, JsonObject, JsonObject?]>([
    ['a host that it does not know', { 'known-hosts': '' }],
    ['one that has another key', {}, { ansible_host: 'localhost' }],
    [
      'one that its variables would have it trust',
      { 'known-hosts': '' },
      {
        ansible_host_key_checking: false,
        ansible_ssh_host_key_checking: false,
        ansible_ssh_args: '-o StrictHostKeyChecking=no',
        ansible_ssh_common_args: '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null',
      },
    ],
  ])('goes to no host whose key is not pinned: %s', async (_what, inputs, variables = {}) => {
    await using world = await start({
      'site.yml': playbook('command: touch {{ root }}/untrusted'),
      'ansible.cfg': '[defaults]\nhost_key_checking = False\n',
    });
    const run = await world.play(
      login({
        hosts: { web: machine(variables) },
        'extra-vars': { root: server.root },
        config: 'ansible.cfg',
        ...inputs,
      }),
      { env: [{ ANSIBLE_HOST_KEY_CHECKING: 'False', ANSIBLE_SSH_COMMON_ARGS: '-o StrictHostKeyChecking=no' }] },
    );
    expect(run.result).toMatchObject({
      outcome: 'failure',
      error: { message: expect.stringContaining('1 of 1 hosts could not be reached (web)') },
      outputs: { exit_code: 4, unreachable_hosts: ['web'] },
    });
    expect(run.log.stdout).toMatch(/Host key verification failed/);
    expect(existsSync(join(server.root, 'untrusted'))).toBe(false);
  });

  it.each([
    ['one that is not let in', { 'private-key': '${{ secrets.STRANGER }}' }, /Permission denied/],
    [
      'one that is none',
      { 'private-key': '${{ secrets.WRONG }}' },
      /Permission denied|invalid format|error in libcrypto/,
    ],
  ])('prints no key where it is %s', async (_what, inputs, message) => {
    await using world = await start({ 'site.yml': playbook('ping:') });
    const run = await world.play(login({ ...inputs, verbosity: 4 }));
    expect(run.result).toMatchObject({ outcome: 'failure', outputs: { unreachable_hosts: ['web'] } });
    expect(run.log.stdout).toMatch(message);
    expectNoKey(run, world.agent.recorded, world.agent.results);
  });

  it.runIf(canMount())('logs in with a password that nobody sees, and not with another', async () => {
    const password = 'pass word $HOME "é';
    using _path = bothPrograms();
    await using guarded = await startSshd({ PubkeyAuthentication: 'no' }, { password });
    await using world = await start(
      { 'site.yml': playbook('command: echo hello', 'raw: echo there') },
      { LOGIN: password },
    );
    const { 'private-key': _none, ...more } = login({
      hosts: { web: machine({ ansible_port: guarded.port, ansible_remote_tmp: join(guarded.root, 'tmp') }) },
      'known-hosts': `[127.0.0.1]:${guarded.port} ${guarded.hostKeys.ed25519}`,
      verbosity: 4,
    });
    const run = await world.play({ ...more, password: '${{ secrets.LOGIN }}' });
    expect({ result: run.result, log: run.log }).toMatchObject({
      result: { outcome: 'success', outputs: { hosts: { web: { ok: 2, unreachable: 0 } } } },
    });
    const refused = await world.play({ ...more, password: '${{ secrets.WRONG }}' });
    expect(refused.result).toMatchObject({ outcome: 'failure', outputs: { unreachable_hosts: ['web'] } });
    expect(refused.log.stdout).toMatch(/Permission denied|incorrect password/i);
    expect(JSON.stringify([run, refused, world.agent.recorded, world.agent.results])).not.toMatch(
      /pass word|correct-horse/,
    );
    expect(processesWith('pass word')).toEqual([]);
    expect(world.leftovers()).toEqual([]);
  });

  it('runs what its own page shows, as it stands there', async () => {
    const blocks = blocksOn('plugins/ansible/README.md', { language: 'yaml', begins: '- ' });
    // Written as steps of a workflow, of which these are the parts that a test's step has.
    const steps = blocks.map(
      ({ text }) => (parse(text) as readonly { readonly uses: string; readonly with: JsonObject }[])[0],
    );
    const places = `ansible_user: ${server.user}\n${Object.entries(machine())
      .map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`)
      .join('')}`;
    const task = 'debug: { msg: "{{ version | default(v) }} on {{ inventory_hostname }}" }';
    await using world = await start(
      {
        'site.yml': playbook(task, 'command: test -d /'),
        'workstation.yml': playbook(
          '{ debug: { msg: "{{ editor }}" }, tags: [packages] }',
          '{ fail: , tags: [other] }',
        ),
        'group_vars/all.yml': places,
        'inventories/production/hosts': '[web]\nweb-1.example.com\nweb-2.example.com\nweb-3.example.com\n',
        'inventories/production/group_vars/web.yml': encrypted,
        'ansible.cfg': '[defaults]\nroles_path = roles\n',
      },
      { DEPLOY_KEY: server.keys.client, API_TOKEN: 'battery-staple', VAULT_PASSWORD: 'open sesame "x"' },
    );
    const context = { vars: { KNOWN_HOSTS: knownHosts(server.port) } };
    const runs = [];
    for (const step of steps) runs.push(await world.play(step?.with, { context }));
    expect(runs, JSON.stringify(runs)).toMatchObject([
      { result: { outcome: 'success', outputs: { changed: true, totals: { ok: 4 } } } },
      {
        result: {
          outcome: 'success',
          outputs: { changed: false, hosts: { 'web-1.example.com': { ok: 1, skipped: 1 } } },
        },
      },
      { result: { outcome: 'success', outputs: { hosts: { localhost: { ok: 1 } } } } },
    ]);
    expect(Object.keys(runs[1]?.result.outputs?.['hosts'] ?? {})).toEqual(['web-1.example.com', 'web-2.example.com']);
    expect(runs[1]?.log.stdout).toContain('from the vault on web-2.example.com');
    expectNoKey(runs);
  });

  it('goes on with other hosts where the network to one is cut, and says which one was lost', async () => {
    await using world = await start({ 'site.yml': playbook('command: echo {{ "x" * 100000 }}') });
    const network = await startUnsteadyNetwork(server.port, { after_bytes: 20_000, kind: 'cut' });
    // For good: Ansible connects once more.
    const closed = network.happened.then(() => network[Symbol.asyncDispose]());
    const hosts = { lost: machine({ ansible_port: network.port }), web: machine() };
    const known = `${knownHosts(server.port)}\n${knownHosts(network.port)}`;
    const { result } = await world.play(login({ hosts, 'known-hosts': known, forks: 1 }));
    await closed;
    expect(result).toMatchObject({
      outcome: 'failure',
      outputs: {
        exit_code: 4,
        hosts: { lost: { ok: 0, unreachable: 1 }, web: { ok: 1, unreachable: 0, failures: 0 } },
      },
      error: { message: expect.stringContaining('1 of 2 hosts could not be reached (lost)') },
    });
  });

  it('does not wait for ever for a connection on which nothing comes any more', async () => {
    await using world = await start({ 'site.yml': playbook('command: echo {{ "x" * 100000 }}') });
    await using network = await startUnsteadyNetwork(server.port, { after_bytes: 20_000, kind: 'hold' });
    const hosts = { web: machine({ ansible_port: network.port }) };
    const { result } = await world.play(login({ hosts, 'known-hosts': knownHosts(network.port) }));
    await network.happened;
    // It is nobody's to say whether Ansible connects once more: that it ends is what counts.
    expect(result).toMatchObject({ outputs: { totals: expect.any(Object) } });
  });

  it('leaves no process here or there when it is cancelled', async () => {
    await using world = await start({ 'site.yml': playbook('command: sleep 4242.18') });
    const cancelling = new AbortController();
    const running = world.follow(login(), () => undefined, { signal: cancelling.signal });
    // As the command that sshd started, not as a part of ansible's own.
    await expect.poll(() => processesWith('sleep\u00004242.18'), { timeout: 120_000 }).not.toEqual([]);
    cancelling.abort();
    expect(await running).toMatchObject({ outcome: 'cancelled' });
    await expect.poll(() => processesWith('sleep\u00004242.18')).toEqual([]);
    expect(processesWith(world.agent.claim.workspace)).toEqual([]);
    expect(world.leftovers()).toEqual([]);
  });
});
