import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { testFolder } from '../../runtime/manifest/testing/folder.ts';
import { type TestPlugin, webServer, writePackage } from '../../runtime/registry/testing/registries.ts';
import { createSigningKey, privateKeyText } from '../../runtime/trust/index.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { commandLine } from '../testing/terminal.ts';

const acme = createSigningKey();
const owner = createSigningKey();
const start = Date.parse('2026-06-01T00:00:00Z');
const dayMs = 86_400_000;

interface Options {
  readonly answers?: readonly string[];
  readonly now?: number;
  /** The registry of the environment. */
  readonly registry?: string;
}

/** A machine, and a folder in which somebody makes a registry. */
interface World {
  readonly cwd: AbsolutePath;
  readonly stick: AbsolutePath;
  readonly plugins: string;
  readonly id: string;
  run(
    argv: readonly string[],
    options?: Options,
  ): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;
  refusal(argv: readonly string[], options?: Options): Promise<string | number>;
  publish(...plugins: readonly TestPlugin[]): Promise<void>;
  trust(lines: string): void;
}

function world(): World {
  const cwd = testFolder({});
  writeFileSync(join(cwd, 'owner.key'), privateKeyText(owner, undefined), { mode: 0o600 });
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const stick = join(cwd, 'stick') as AbsolutePath;
  const plugins = join(cwd, 'plugins');
  const env = {
    HOME: cwd,
    PLUGIN_DIR: plugins,
    XDG_STATE_HOME: join(cwd, 'state'),
    WATERFLOW_TRUST: join(cwd, 'trust.yaml'),
  };
  const run: World['run'] = (argv, { now = start, registry = '', ...options } = {}) =>
    commandLine(argv, { cwd, env: { ...env, WATERFLOW_REGISTRY: registry }, now: () => now, ...options });
  const trust = (lines: string): void =>
    writeFileSync(
      env.WATERFLOW_TRUST,
      `version: 1\nkeys: [{ name: acme, key: "${acme.publicKey.text}", plugins: ["*"] }]\n${lines}`,
    );
  trust('');
  return {
    cwd,
    stick,
    plugins,
    id: owner.publicKey.id,
    run,
    trust,
    refusal: async (argv, options) => {
      const { code, stderr } = await run(argv, options);
      return /error\[(\w+)\]/u.exec(stderr)?.[1] ?? code;
    },
    publish: async (...published) => {
      for (const plugin of published) await writePackage(stick, plugin, [acme]);
      const { code, stderr } = await run(['registry', 'build', 'stick', '--key', 'owner.key']);
      expect([code, stderr]).toEqual([0, expect.stringContaining('build ')]);
    },
  };
}

const net = 'permissions: { net: [{ url: "https://example.com/*", reason: x }] }';
const named = (at: World): readonly string[] => ['--registry', 'stick', '--registry-key', at.id];

describe('waterflow registry build', () => {
  it('says what was added, until when it is good, and by which id it is known', async () => {
    const at = world();
    await writePackage(at.stick, {}, [acme]);
    expect(await at.run(['registry', 'build', 'stick', '--key', 'owner.key', '--expires', '7d'])).toEqual({
      code: 0,
      stdout: `${at.id}\n`,
      stderr: [
        '+ acme-tool@1.2.0',
        'build 1 with 1 package, good until 2026-06-08T00:00:00.000Z',
        'Its id, which those who use it for the first time compare, or give by --registry-key:',
        '',
      ].join('\n'),
    });
    rmSync(join(at.stick, 'acme-tool-1.2.0.tgz'));
    const { stdout } = await at.run(['registry', 'build', 'stick', '--key', 'owner.key', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ id: at.id, version: 2, packages: 0, removed: ['acme-tool@1.2.0'] });
  });

  it.each([
    ['FILE_NOT_READABLE', ['stick', '--key', 'nothing.key']],
    ['SIGNING_KEY_INVALID', ['stick', '--key', 'trust.yaml']],
    ['USAGE', ['nowhere', '--key', 'owner.key']],
    ['USAGE', ['stick']],
  ])('says what is wrong: %s %j', async (code, argv) => {
    const at = world();
    mkdirSync(at.stick);
    expect(await at.refusal(['registry', 'build', ...argv])).toBe(code);
  });
});

describe('waterflow plugin search', () => {
  it('lists the newest of each plugin that has the words', async () => {
    const at = world();
    await at.publish({}, { version: '1.10.0' }, { version: '2.0.0-rc.1' }, { name: 'looker', manifest: net });
    const { stdout } = await at.run(['plugin', 'search', ...named(at)]);
    expect(stdout).toBe(
      [
        'plugin     newest  versions  asks for  what it does',
        'acme-tool  1.10.0  2 more    nothing   A test.',
        'looker     1.2.0             net       A test.',
        '',
      ].join('\n'),
    );
    const { stdout: json } = await at.run(['plugin', 'search', 'NET', 'look', ...named(at), '--json']);
    expect(JSON.parse(json)).toMatchObject({
      name: 'looker',
      version: '1.2.0',
      capabilities: ['net'],
      versions: ['1.2.0'],
    });
    for (const more of [[], ['--json']]) {
      expect(await at.run(['plugin', 'search', 'nothing-like-it', ...named(at), ...more])).toMatchObject({
        code: 0,
        stdout: '',
        stderr: expect.stringContaining('no plugin with nothing-like-it in '),
      });
    }
    expect(await at.refusal(['plugin', 'search'])).toBe('USAGE');
  });
});

describe('waterflow plugin install from a registry', () => {
  it('installs the highest version of a range, from a folder and from a web server', async () => {
    const at = world();
    await at.publish({}, { version: '1.10.0' }, { version: '2.0.0' }, { version: '1.11.0-rc.1' });
    const { stdout } = await at.run(['plugin', 'install', 'acme-tool@v1', '--yes', ...named(at)]);
    expect(stdout).toContain('installed acme-tool@1.10.0 sha256:');
    const url = await webServer(at.stick);
    // It is the same registry, wherever it lies: nobody has to say so again.
    const update = await at.run(['plugin', 'install', 'acme-tool@v2', '--registry', url.href]);
    expect(update.stdout).toContain('updated acme-tool@2.0.0 sha256:');
    const lockfile: { readonly plugins: readonly unknown[] } = JSON.parse(
      readFileSync(join(at.plugins, 'waterflow.lock'), 'utf8'),
    );
    expect(lockfile.plugins).toMatchObject([{ source: { registry: at.id } }, { source: { registry: at.id } }]);
  });

  it('says how runs find what is installed elsewhere than they look', async () => {
    const at = world();
    await at.publish({});
    const install = ['plugin', 'install', 'acme-tool@v1', '--yes', ...named(at)];
    const elsewhere = join(at.cwd, 'elsewhere');
    const { stderr } = await at.run([...install, '--dir', 'elsewhere']);
    expect(stderr).toContain(`runs look for plugins in ${at.plugins}: set PLUGIN_DIR=${elsewhere} where`);
    for (const dir of [[], ['--dir', 'plugins']]) {
      expect((await at.run([...install, ...dir])).stderr).not.toContain('PLUGIN_DIR');
    }
  });

  it('asks whether a registry is the one that is meant, once', async () => {
    const at = world();
    await at.publish({});
    const install = ['plugin', 'install', 'acme-tool@v1', '--registry', 'stick', '--yes'];
    expect(await at.refusal(install)).toBe('REGISTRY_UNKNOWN');
    expect(await at.refusal(install, { answers: ['n'] })).toBe('REGISTRY_UNKNOWN');
    const { code, stderr } = await at.run(install, { answers: ['yes'] });
    expect([code, stderr]).toEqual([0, expect.stringContaining(`Its id is ${at.id}.`)]);
    expect(await at.refusal(['plugin', 'search', '--registry', 'stick'])).toBe(0);
  });

  it.each([
    ['at its first use', []],
    ['of a registry that is known', [['search']]],
  ])('takes no other registry than the one that is named, %s', async (_, before) => {
    const at = world();
    await at.publish({});
    for (const argv of before) expect(await at.refusal(['plugin', ...argv, ...named(at)])).toBe(0);
    const other = acme.publicKey.id;
    for (const argv of [['install', 'acme-tool@v1', '--yes'], ['search'], ['audit']]) {
      const wrong = ['plugin', ...argv, '--registry-key', other];
      const { code, stderr, stdout } = await at.run([...wrong, '--registry', 'stick']);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain('error[REGISTRY_FOREIGN_KEY]');
      expect(stderr).toContain(`the registry ${at.id}, and you gave ${other}`);
      expect(await at.refusal(wrong, { registry: 'stick' })).toBe('REGISTRY_FOREIGN_KEY');
      expect(await at.refusal([...wrong.slice(0, -1), at.id.slice(0, -1), '--registry', 'stick'])).toBe(
        'REGISTRY_FOREIGN_KEY',
      );
      // None is compared with it.
      expect(await at.refusal(wrong)).toBe('USAGE');
    }
    // Where several are meant, it is one of them.
    expect(await at.refusal(['plugin', 'search', ...named(at), '--registry-key', other])).toBe(0);
  });

  it('remembers what it saw, in another command and on another stick', async () => {
    const at = world();
    await at.publish({});
    cpSync(at.stick, join(at.cwd, 'old'), { recursive: true });
    await at.publish({ version: '1.3.0' });
    expect(await at.refusal(['plugin', 'search', ...named(at)])).toBe(0);
    expect(await at.refusal(['plugin', 'search', '--registry', 'old'])).toBe('REGISTRY_ROLLED_BACK');
    expect(await at.refusal(['plugin', 'search', '--registry', 'stick'], { now: start + 31 * dayMs })).toBe(
      'REGISTRY_FROZEN',
    );
    const [seen = ''] = readdirSync(join(at.cwd, 'state/waterflow/registries/seen'));
    writeFileSync(join(at.cwd, 'state/waterflow/registries/seen', seen), '{}');
    // Whoever lost what was seen must not be shown an old one.
    expect(await at.refusal(['plugin', 'search', '--registry', 'stick'])).toBe('STORAGE_FAILED');
  });

  it.each([
    ['PLUGIN_NOT_FOUND', 'acme-tol@v1'],
    ['PLUGIN_NOT_FOUND', 'acme-tool@v7'],
    ['USAGE', 'acme-tool'],
  ])('says what there is: %s %s', async (code, uses) => {
    const at = world();
    await at.publish({});
    expect(await at.refusal(['plugin', 'install', uses, '--yes', ...named(at)])).toBe(code);
  });

  it('refuses a package that was exchanged', async () => {
    const at = world();
    await at.publish({});
    await writePackage(at.stick, { code: 'export default () => ({ evil: 1 });' }, [acme]);
    expect(await at.refusal(['plugin', 'install', 'acme-tool@v1', '--yes', ...named(at)])).toBe(
      'REGISTRY_FILE_SWAPPED',
    );
  });
});

describe('waterflow plugin audit, list and remove', () => {
  const findings = async (at: World, more: readonly string[] = [], options?: Options): Promise<readonly string[]> => {
    const { stdout } = await at.run(['plugin', 'audit', '--json', ...more], options);
    return stdout
      .trim()
      .split('\n')
      .flatMap((line) => {
        const {
          findings: found = [],
          ...finding
        }: Record<string, string> & { findings?: { severity: string; finding: string; code?: string }[] } =
          JSON.parse(line);
        return [...found, ...('severity' in finding ? [finding] : [])];
      })
      .map(({ severity, finding, code = '' }) => [severity, finding, code].join(' ').trim());
  };
  const installed = async (): Promise<World> => {
    const at = world();
    await at.publish({ manifest: net });
    await at.run(['plugin', 'install', 'acme-tool@v1', '--yes', ...named(at)]);
    return at;
  };

  it('say by whom a plugin is signed and what it may do, and that nothing is wrong', async () => {
    const at = await installed();
    const { code, stdout } = await at.run(['plugin', 'audit']);
    expect(code).toBe(0);
    expect(stdout).toContain('acme-tool@1.2.0  approved');
    expect(stdout).toContain(`signed by acme; from the registry ${at.id}`);
    expect(stdout).toContain('net  request https://example.com/*');
    expect(stdout).toContain('1 plugin, nothing wrong, 0 to note');
    const { stdout: list } = await at.run(['plugin', 'list']);
    expect(list).toMatch(
      /^plugin +version +state +signed by +asks for +digest\nacme-tool +1\.2\.0 +approved +acme +net +sha256:[0-9a-f]{12}…\n$/u,
    );
  });

  const wrongs: readonly (readonly [finding: string, act: (at: World) => void])[] = [
    ['wrong changed', (at) => writeFileSync(join(at.plugins, 'acme-tool@1.2.0/more.txt'), 'x')],
    ['wrong changed', (at) => rmSync(join(at.plugins, 'acme-tool@1.2.0/plugin.yaml'))],
    ['wrong missing', (at) => rmSync(join(at.plugins, 'acme-tool@1.2.0'), { recursive: true })],
    [
      'wrong untrusted SIGNING_KEY_REVOKED',
      (at) => at.trust(`revoked: { keys: [{ id: "${acme.publicKey.id}", reason: stolen }] }`),
    ],
    ['wrong untrusted SIGNATURE_FOREIGN', (at) => writeFileSync(join(at.cwd, 'trust.yaml'), 'version: 1\nkeys: []\n')],
    [
      'wrong untrusted SIGNING_KEY_EXPIRED',
      (at) => {
        const file = join(at.cwd, 'trust.yaml');
        writeFileSync(file, readFileSync(file, 'utf8').replace('["*"]', '["*"], not-after: "2026-05-31T00:00:00Z"'));
      },
    ],
    [
      'wrong changed',
      (at) => {
        // The lockfile approves less than the plugin asks for.
        const file = join(at.plugins, 'waterflow.lock');
        writeFileSync(file, readFileSync(file, 'utf8').replace('https://example.com/*', 'https://example.com/a'));
      },
    ],
    [
      'wrong interrupted',
      (at) => {
        const file = join(at.plugins, 'waterflow.lock');
        const lockfile: object = JSON.parse(readFileSync(file, 'utf8'));
        writeFileSync(
          file,
          JSON.stringify({ ...lockfile, pending: [{ name: 'acme-tool', version: '1.2.0', replaces: [] }] }),
        );
      },
    ],
  ];

  it.each(wrongs)('find %s', async (finding, act) => {
    const at = await installed();
    act(at);
    expect(await findings(at)).toEqual([finding]);
    expect((await at.run(['plugin', 'audit'])).code).toBe(1);
  });

  it('say that what is newer is not known where the environment names a registry that is away', async () => {
    const at = await installed();
    const registry = join(at.plugins, 'none');
    const { code, stderr } = await at.run(['plugin', 'audit'], { registry });
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("what is newer isn't known") });
    expect(await at.refusal(['plugin', 'audit', '--registry', registry])).toMatch(/^REGISTRY_/u);
  });

  it('find what nobody installed, what nobody signed, and what is newer', async () => {
    const at = await installed();
    cpSync(join(at.plugins, 'acme-tool@1.2.0'), join(at.plugins, 'copied'), { recursive: true });
    const { path } = await writePackage(join(at.cwd, 'unsigned'), { name: 'home-made' }, []);
    await at.run(['plugin', 'install', path, '--allow-unsigned', '--yes']);
    await at.publish({ version: '1.3.0', manifest: net });
    expect(await findings(at, ['--registry', 'stick'])).toEqual([
      'note newer',
      'wrong unlocked',
      'note unsigned SIGNATURE_MISSING',
    ]);
  });

  it('say of what a revoked key signed that it still runs, and how that is ended', async () => {
    const at = await installed();
    const { stderr: said } = await at.run(['keys', 'revoke', '--signing', 'acme', '--reason', 'stolen']);
    expect(said).toContain('what is installed still runs: `waterflow plugin audit` finds it');
    const ending = 'It still runs: end that with `waterflow plugin remove acme-tool@1.2.0`.';
    expect((await at.run(['plugin', 'audit'])).stdout).toContain(`remedy: ${ending} To keep it: `);
    const { code, stdout, stderr } = await at.run(['plugin', 'list']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('`waterflow plugin audit` says why')]);
    expect(stdout).toMatch(/\nacme-tool +1\.2\.0 +approved, untrusted +acme /u);
    const json = async (...more: readonly string[]): Promise<unknown> =>
      JSON.parse((await at.run(['plugin', 'list', '--json', ...more])).stdout);
    expect(await json()).toMatchObject({ state: 'approved', untrusted: { code: 'SIGNING_KEY_REVOKED' } });
    // What isn't there doesn't run.
    rmSync(join(at.plugins, 'acme-tool@1.2.0'), { recursive: true });
    expect((await at.run(['plugin', 'audit'])).stdout).not.toContain('still runs');
    // It tells what it can.
    writeFileSync(join(at.cwd, 'trust.yaml'), 'version: 2\n');
    expect(await json()).not.toHaveProperty('untrusted');
    expect(await at.refusal(['plugin', 'list', '--trust', 'trust.yaml'])).toBe('TRUST_INVALID');
  });

  it('tell all that is wrong with a plugin: that it was changed, and that it would be refused now', async () => {
    const at = await installed();
    writeFileSync(join(at.plugins, 'acme-tool@1.2.0/index.ts'), 'export default () => ({ evil: 1 });');
    at.trust(`revoked: { keys: [{ id: "${acme.publicKey.id}", reason: stolen }] }`);
    expect(await findings(at)).toEqual(['wrong changed', 'wrong untrusted SIGNING_KEY_REVOKED']);
    const [locked] = (await at.run(['plugin', 'list', '--json'])).stdout.split('\n');
    const { digest, digest_on_disk: other }: Record<string, string> = JSON.parse(locked ?? '');
    at.trust(`revoked: { packages: [{ digest: "${digest}", reason: leaks }, { digest: "${other}", reason: evil }] }`);
    const both = ['wrong untrusted PACKAGE_REVOKED', 'wrong untrusted PACKAGE_REVOKED'];
    expect(await findings(at)).toEqual(['wrong changed', ...both]);
    rmSync(join(at.plugins, 'acme-tool@1.2.0'), { recursive: true });
    expect(await findings(at)).toEqual(['wrong missing', 'wrong untrusted PACKAGE_REVOKED']);
  });

  it.each(['list', 'audit'])('say that nothing is installed, and where they looked: %s', async (command) => {
    const at = world();
    const said = `no plugins in ${at.plugins}, and none in ${join(at.plugins, 'waterflow.lock')}\n`;
    expect(await at.run(['plugin', command, '--json'])).toMatchObject({ code: 0, stdout: '', stderr: said });
    expect((await at.run(['plugin', command])).stderr).toBe(said);
  });

  it('remove a plugin, and what was approved for it', async () => {
    const at = await installed();
    expect(await at.refusal(['plugin', 'remove', 'acme-tol'])).toBe('PLUGIN_NOT_FOUND');
    expect((await at.run(['plugin', 'remove', 'acme-tool'])).stdout).toMatch(/^removed acme-tool@1\.2\.0 sha256:/u);
    expect(readdirSync(at.plugins).sort()).toEqual(['.lock.sqlite', 'waterflow.lock']);
    expect((await at.run(['plugin', 'list'])).stdout).toBe('');
    // Nothing of an approval is left: it is asked for again.
    expect(await at.refusal(['plugin', 'install', 'acme-tool@v1', ...named(at)])).toBe('PLUGIN_UNAPPROVED');
  });
});
