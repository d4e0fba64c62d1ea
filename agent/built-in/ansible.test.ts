/** ansible@v1 with the real ansible-playbook, on this machine. */
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import { type AnsibleWorld, encrypted, playbook, processesWith, startAnsibleWorld } from './testing/ansible-world.ts';

const supervisor = sharedSupervisor();
const works = await needs('ansible');
const start = (
  ...given: readonly [files: Readonly<Record<string, string>>, secrets?: Readonly<Record<string, string>>]
): Promise<AnsibleWorld> => startAnsibleWorld(supervisor(), given[0], { secrets: given[1] ?? {} });

const local = { connection: 'local' };
/** What every value has to get through whole. */
const hostile = `x "y" {{ lookup('pipe', 'touch /tmp/never') }} '\\ #: \n- a: &b`;

describe.runIf(works)('ansible@v1', { timeout: 300_000 }, () => {
  it('runs a playbook on this machine where no host is named, and tells what became of it', async () => {
    await using world = await start({
      'site.yml': playbook(
        'copy: { content: "{{ greeting }}", dest: "{{ playbook_dir }}/made" }',
        'set_stats: { data: { version: "1.4" } }',
        'debug: { msg: skipped }\n      when: false',
        '{ command: "false", ignore_errors: true }',
      ),
    });
    const inputs = { 'extra-vars': { greeting: 'hello' } };
    const { result } = await world.play(inputs);
    const localhost = { ok: 3, changed: 2, failures: 0, unreachable: 0, skipped: 1, rescued: 0, ignored: 1 };
    expect(result).toMatchObject({
      outcome: 'success',
      outputs: {
        exit_code: 0,
        changed: true,
        hosts: { localhost },
        totals: localhost,
        failed_hosts: [],
        unreachable_hosts: [],
        stats: { version: '1.4' },
      },
    });
    expect(readFileSync(world.here('made'), 'utf8')).toBe('hello');
    expect(world.leftovers()).toEqual([]);
  });

  it('counts for each host, and fails with the results where a task fails', async () => {
    await using world = await start({
      'site.yml': playbook('command: test {{ inventory_hostname }} != web-2', 'command: echo {{ kind }}'),
    });
    const hosts = { 'web-1': { kind: 'a' }, 'web-2': { kind: 'b' }, db: { kind: 'c' } };
    const { result } = await world.play({ ...local, hosts });
    expect(result).toMatchObject({
      outcome: 'failure',
      error: { code: 'STEP_FAILED', message: 'ansible-playbook ended with exit code 2: 1 of 3 hosts failed (web-2)' },
      outputs: {
        exit_code: 2,
        hosts: { 'web-1': { ok: 2, failures: 0 }, 'web-2': { ok: 0, failures: 1 }, db: { ok: 2 } },
        totals: { ok: 4, failures: 1 },
        failed_hosts: ['web-2'],
      },
    });
  });

  it('has its log while it runs', async () => {
    await using world = await start({
      'site.yml': playbook('debug: { msg: now-or-never }', 'wait_for: { path: "{{ playbook_dir }}/go", timeout: 200 }'),
    });
    let said = '';
    const result = await world.follow({}, (text) => {
      said += text;
      if (said.includes('now-or-never')) writeFileSync(world.here('go'), '');
    });
    expect(result).toMatchObject({ outcome: 'success' });
  });

  it('takes paths with spaces and other letters, an inventory with its variables, and an ansible.cfg that is named', async () => {
    await using world = await start({
      'mein Ordner ü/site 日本.yml': playbook('debug: { msg: "{{ where }} {{ ansible_forks }}" }'),
      'mein Ordner ü/hosts': '[web]\none ansible_connection=local\n',
      'mein Ordner ü/group_vars/web.yml': 'where: from the group\n',
      'mein Ordner ü/my ansible.cfg': '[defaults]\nstdout_callback = minimal\n',
      'ansible.cfg': '[defaults]\nvault_password_file = /nowhere\n',
    });
    const inputs = { playbook: 'mein Ordner ü/site 日本.yml', inventory: 'mein Ordner ü/hosts', forks: 7 };
    const plain = await world.play(inputs);
    expect(plain.result).toMatchObject({ outcome: 'success', outputs: { hosts: { one: { ok: 1 } } } });
    expect(plain.log.stdout).toContain('from the group 7');
    expect(plain.log.stdout).toContain('PLAY RECAP');
    const configured = await world.play({ ...inputs, config: 'mein Ordner ü/my ansible.cfg', verbosity: 3 });
    expect(configured.result).toMatchObject({ outcome: 'success' });
    expect(configured.log.stdout).not.toContain('PLAY RECAP');
    // With hosts beside it.
    const both = await world.play({ ...inputs, hosts: { two: { ansible_connection: 'local', where: 'here' } } });
    expect(both.result).toMatchObject({ outcome: 'success', outputs: { hosts: { one: { ok: 1 }, two: { ok: 1 } } } });
  });

  it('changes nothing with check, shows differences, and keeps to hosts and tags', async () => {
    const dest = '"{{ playbook_dir }}/{{ inventory_hostname }}"';
    await using world = await start({
      'site.yml': playbook(
        `{ copy: { content: "new\\n", dest: ${dest} }, tags: [files] }`,
        '{ command: "true", tags: [other] }',
        '{ command: "true", tags: [slow] }',
      ),
    });
    const hosts = { hosts: ['a-1', 'a-2', 'b'], groups: { as: ['a-1', 'a-2'] }, ...local };
    const checked = await world.play({
      ...hosts,
      check: true,
      diff: true,
      tags: ['files', 'other'],
      'skip-tags': 'other',
      verbosity: 2,
    });
    expect(checked.result).toMatchObject({ outputs: { changed: true, totals: { ok: 3, changed: 3 } } });
    expect(checked.log.stdout).toContain('+new');
    expect(existsSync(world.here('b'))).toBe(false);
    const limited = await world.play({ ...hosts, limit: ['as', '!a-2'], 'skip-tags': ['slow'], verbosity: 1 });
    expect(limited.result).toMatchObject({ outputs: { hosts: { 'a-1': { ok: 2 } }, totals: { ok: 2 } } });
    expect(['a-1', 'a-2', 'b'].map((name) => existsSync(world.here(name)))).toEqual([true, false, false]);
  });

  it.each([2, 3])('says more with verbosity %i', async (verbosity) => {
    await using world = await start({ 'site.yml': playbook('debug: { msg: said }') });
    const [plain, run] = [await world.play(), await world.play({ verbosity })];
    expect({ result: run.result, log: run.log }).toMatchObject({ result: { outcome: 'success' } });
    expect(run.log.stdout).toContain('task path: ');
    expect(plain.log.stdout).not.toContain('task path: ');
  });

  it('hands values and secrets over whole, as data, in private files alone', async () => {
    const secret = 'correct-"horse"\n{{ 7 * 6 }} battery';
    await using world = await start(
      {
        'site.yml': playbook(
          'copy: { content: "{{ all }}", dest: "{{ playbook_dir }}/all.json" }',
          'copy: { content: "{{ own }}", dest: "{{ playbook_dir }}/own" }',
          'shell: "stat -c %a $WATERFLOW_FILES/*.yml $WATERFLOW_FILES/known_hosts | sort -u > modes"',
          '{ shell: "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ | grep -ac corr[e]ct- > argv", ignore_errors: true }',
          'debug: { var: all }',
        ),
      },
      { TOKEN: secret },
    );
    const text = '${{ secrets.TOKEN }}';
    const all = {
      hostile,
      text,
      list: ['- a', text, 1, 1e21, 1e-7, true, null, {}],
      [`k\n{{ x }} ${'y'.repeat(200)}`]: '😀\u2028',
    };
    const run = await world.play({ ...local, hosts: { one: { own: text } }, 'extra-vars': { all } });
    expect({ result: run.result, log: run.log }).toMatchObject({ result: { outcome: 'success' } });
    const expected: unknown = JSON.parse(
      JSON.stringify(all).replaceAll(text, () => JSON.stringify(secret).slice(1, -1)),
    );
    expect(JSON.parse(readFileSync(world.here('all.json'), 'utf8'))).toEqual(expected);
    expect(readFileSync(world.here('own'), 'utf8')).toBe(secret);
    expect(readFileSync(world.here('modes'), 'utf8')).toBe('600\n');
    expect(readFileSync(world.here('argv'), 'utf8')).toBe('0\n');
    expect(JSON.stringify([run, world.agent.recorded, world.agent.results])).not.toMatch(/correct-|battery/);
    expect(world.leftovers()).toEqual([]);
  });

  it('says nothing of a secret in what Ansible says of its variables', async () => {
    await using world = await start(
      { 'site.yml': playbook('debug: { msg: "{{ nam }}" }') },
      { TOKEN: 'correct-horse-battery' },
    );
    // A name that is Ansible's own: it shows the line with the value.
    const run = await world.play({ 'extra-vars': { name: '${{ secrets.TOKEN }}', nam: '${{ secrets.TOKEN }}' } });
    expect(run.log.stderr).toMatch(/reserved name/);
    expect(JSON.stringify(run)).not.toContain('correct-horse');
  });

  it('opens what Ansible Vault encrypted, with the right password alone', async () => {
    await using world = await start(
      {
        'site.yml': playbook('copy: { content: "{{ v }}", dest: "{{ playbook_dir }}/opened" }'),
        'group_vars/all.yml': encrypted,
      },
      { VAULT: 'open sesame "x"', WRONG: 'correct-horse-battery' },
    );
    const wrong = await world.play({ 'vault-password': '${{ secrets.WRONG }}' });
    expect(wrong.result).toMatchObject({ outcome: 'failure', outputs: { exit_code: expect.any(Number) } });
    expect(JSON.stringify(wrong)).not.toContain('correct-horse');
    expect(existsSync(world.here('opened'))).toBe(false);
    const right = await world.play({ 'vault-password': '${{ secrets.VAULT }}' });
    expect(right.result).toMatchObject({ outcome: 'success' });
    expect(readFileSync(world.here('opened'), 'utf8')).toBe('from the vault');
    expect(JSON.stringify(right)).not.toContain('open sesame');
  });

  it('becomes another user, with a password that only sudo sees', async () => {
    await using world = await start(
      { 'site.yml': playbook('command: touch "{{ playbook_dir }}/became"'), 'bin/sudo': sudo },
      { SUDO: 'correct-horse-battery', WRONG: 'battery-staple-wrong' },
    );
    chmodSync(world.here('bin/sudo'), 0o755);
    const inputs = {
      hosts: { one: { ansible_connection: 'local', ansible_become_exe: world.here('bin/sudo') } },
      become: true,
      'become-user': 'daemon',
    };
    // Without root's rights the files of a task can't be given to the other user.
    const more = { env: [{ ANSIBLE_SHELL_ALLOW_WORLD_READABLE_TEMP: 'true' }] };
    const wrong = await world.play({ ...inputs, 'become-password': '${{ secrets.WRONG }}' }, more);
    expect(wrong.result).toMatchObject({ outcome: 'failure' });
    expect(existsSync(world.here('became'))).toBe(false);
    const right = await world.play({ ...inputs, 'become-password': '${{ secrets.SUDO }}' }, more);
    expect({ result: right.result, log: right.log }).toMatchObject({ result: { outcome: 'success' } });
    expect(existsSync(world.here('became'))).toBe(true);
    expect(readFileSync(world.here('asked'), 'utf8')).toContain('-u daemon');
    expect(JSON.stringify([wrong, right])).not.toMatch(/correct-horse|battery/);
  });

  it("gives tasks the step's own environment", async () => {
    await using world = await start({ 'site.yml': playbook("debug: { msg: \"is {{ lookup('env', 'STAGE') }}\" }") });
    const { log } = await world.play({}, { env: [{ STAGE: 'production' }] });
    expect(log.stdout).toContain('is production');
  });

  it.each([
    ['cancelled', 'cancelled'],
    ['timed out', 'failure'],
  ] as const)('leaves no process and no file when it is %s', async (how, outcome) => {
    const inHome = temporaryFilesOfUser();
    await using world = await start(
      { 'site.yml': playbook('debug: { msg: begun }', 'command: sleep 4242.17') },
      { TOKEN: 'correct-horse-battery' },
    );
    const cancelling = new AbortController();
    const running = world.follow({ 'extra-vars': { token: '${{ secrets.TOKEN }}' } }, () => undefined, {
      signal: cancelling.signal,
      timeout: { ms: how === 'cancelled' ? 280_000 : 20_000, own: true },
    });
    if (how === 'cancelled') {
      await vi.waitUntil(() => processesWith('sleep\u00004242.17').length > 0, { timeout: 200_000, interval: 100 });
      cancelling.abort();
    }
    expect(await running).toMatchObject({ outcome, ...(how === 'cancelled' ? {} : { error: { code: 'TIMEOUT' } }) });
    expect(temporaryFilesOfUser()).toEqual(inHome);
    expect(processesWith('4242.17')).toEqual([]);
    expect(processesWith(world.agent.claim.workspace)).toEqual([]);
    expect(world.leftovers()).toEqual([]);
  });

  it('runs a hundred times at once', async () => {
    await using world = await start({ 'site.yml': playbook('set_stats: { data: { number: "{{ number }}" } }') });
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    const runs = await Promise.all(
      numbers.map((number) => world.play({ 'extra-vars': { number } }, { timeout: { ms: 900_000, own: false } })),
    );
    expect(runs.map(({ result }) => result)).toMatchObject(
      numbers.map((number) => ({ outcome: 'success', outputs: { stats: { number } } })),
    );
    expect(world.leftovers()).toEqual([]);
  }, 900_000);
});

/** What Ansible would leave in the home folder of the agent's user. */
function temporaryFilesOfUser(): readonly string[] {
  const folder = join(userInfo().homedir, '.ansible');
  return existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
}

/** Asks for a password as sudo does, and runs what it is given as it is. */
const sudo = `#!/bin/sh
echo "$@" > "$(dirname "$0")/../asked"
prompt=$(printf '%s\\n' "$@" | sed -n '/^-p$/{n;p}')
printf '%s' "$prompt" >&2
read -r password
test "$password" = correct-horse-battery || { echo "Sorry, try again." >&2; exit 1; }
while test "$1" != -u; do shift; done
shift 2
exec "$@"
`;
