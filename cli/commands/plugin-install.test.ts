import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { testFolder } from '../../runtime/manifest/testing/folder.ts';
import { type TestPlugin, writePackage } from '../../runtime/registry/testing/registries.ts';
import { createSigningKey, type SigningKey } from '../../runtime/trust/index.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { lockInstallation } from '../composition/installation.ts';
import { builtInNames, openPlugins } from '../composition/plugins.ts';
import { commandLine, testTerminal } from '../testing/terminal.ts';

const acme = createSigningKey();
const second = createSigningKey();
const stranger = createSigningKey();
const now = Date.parse('2026-06-01T00:00:00Z');
const net = (url: string): string => `permissions: { net: [{ url: "${url}", reason: looks it up }] }`;

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A machine with a trust policy and an empty plugin folder. */
interface World {
  readonly cwd: AbsolutePath;
  readonly plugins: AbsolutePath;
  run(argv: readonly string[], options?: { readonly answers?: readonly string[] }): Promise<Answer>;
  /** The code of the error that a command ends with; its exit code where there is none. */
  refusal(argv: readonly string[], options?: { readonly answers?: readonly string[] }): Promise<string | number>;
  pack(plugin: TestPlugin, keys?: readonly SigningKey[]): Promise<{ readonly path: string; readonly digest: string }>;
  trust(lines: string): void;
}

const trusting = (lines: string): string =>
  `version: 1\nkeys:\n  - { name: acme, key: "${acme.publicKey.text}", plugins: ["acme-*"] }\n${lines}`;

function world(): World {
  const cwd = testFolder({ 'trust.yaml': trusting('') });
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const plugins = join(cwd, 'plugins') as AbsolutePath;
  const env = {
    HOME: cwd,
    PLUGIN_DIR: plugins,
    XDG_STATE_HOME: join(cwd, 'state'),
    WATERFLOW_TRUST: join(cwd, 'trust.yaml'),
  };
  let packed = 0;
  const run: World['run'] = (argv, options) =>
    commandLine(['plugin', ...argv], { cwd, env, now: () => now, ...options });
  return {
    cwd,
    plugins,
    run,
    refusal: async (argv, options) => {
      const { code, stderr } = await run(argv, options);
      return /error\[(\w+)\]/u.exec(stderr)?.[1] ?? code;
    },
    // Each in a folder of its own: two may have one name.
    pack: (plugin, keys = [acme]) => writePackage(join(cwd, 'packages', String((packed += 1))), plugin, keys),
    trust: (lines) => writeFileSync(join(cwd, 'trust.yaml'), trusting(lines)),
  };
}

describe('waterflow plugin install', () => {
  it('shows who signed and what is asked for, asks, and installs what then counts as approved', async () => {
    const at = world();
    const { path, digest } = await at.pack({ manifest: net('https://example.com/*') });
    const { code, stdout, stderr } = await at.run(['install', path], { answers: ['y'] });
    expect([code, stdout]).toEqual([0, `installed acme-tool@1.2.0 ${digest}\n`]);
    expect(stderr).toContain('signer  acme');
    expect(stderr).toContain('net  request https://example.com/* with GET, HEAD, at public addresses only');
    expect(stderr).toContain('why: looks it up');
    expect(stderr).toContain('Let acme-tool 1.2.0 do that? [y/N]');
    const { stdout: list } = await at.run(['list', '--json']);
    expect(JSON.parse(list)).toMatchObject({
      name: 'acme-tool',
      state: 'approved',
      digest,
      digest_on_disk: digest,
      signers: [{ name: 'acme', keys: [acme.publicKey.id] }],
      source: { file: 'acme-tool-1.2.0.tgz' },
    });
  });

  it('lets workflows do what was approved, and no more than that', async () => {
    const at = world();
    const code = "export default async (_inputs, host) => void (await host.fs.write('out.txt', 'x'));";
    const manifest = 'permissions: { fs: [{ write: out.txt, reason: x }] }';
    const { path } = await at.pack({ manifest, code });
    const outcome = async (): Promise<unknown> =>
      JSON.parse((await at.run(['run', 'acme-tool@v1', '--json'])).stdout.trim().split('\n').at(-1) ?? '');
    await at.run(['install', path, '--yes']);
    expect(await outcome()).toMatchObject({ outcome: 'success', host_calls: { allowed: 1 } });
    rmSync(join(at.plugins, 'waterflow.lock'));
    expect(await outcome()).toMatchObject({ outcome: 'failure', error: { code: 'DENIED' } });
  });

  it.each([
    ['no', ['n']],
    ['nothing', ['']],
    ['no more', []],
  ])('installs nothing where the answer is %s', async (_what, answers) => {
    const at = world();
    const { path } = await at.pack({});
    expect(await at.refusal(['install', path], { answers })).toBe('PLUGIN_UNAPPROVED');
    expect(readdirSync(at.plugins)).toEqual(['.lock.sqlite']);
  });

  it('wants a yes or a digest where nobody can be asked', async () => {
    const at = world();
    const { path, digest } = await at.pack({});
    expect(await at.refusal(['install', path])).toBe('PLUGIN_UNAPPROVED');
    expect(await at.refusal(['install', path, '--approve', digest.replace(/.$/u, '0')])).toBe('PLUGIN_UNAPPROVED');
    expect(await at.refusal(['install', path, '--approve', digest])).toBe(0);
  });

  it('asks no more for an update that asks for no more, and shows the difference of one that does', async () => {
    const at = world();
    await at.run(['install', (await at.pack({ manifest: net('https://example.com/*') })).path, '--yes']);
    const same = await at.pack({ version: '1.2.1', manifest: net('https://example.com/only') });
    expect(await at.run(['install', same.path])).toEqual({
      code: 0,
      stdout: `updated acme-tool@1.2.1 ${same.digest}\n`,
      stderr: '',
    });
    const more = await at.pack({ version: '1.3.0', manifest: net('https://example.com/**') });
    const { code, stderr } = await at.run(['install', more.path], { answers: ['y'] });
    expect(code).toBe(0);
    expect(stderr).toContain('acme-tool 1.2.1 → 1.3.0');
    expect(stderr).toContain('~ net  request https://example.com/** with GET, HEAD, at public addresses only');
    expect(stderr).toContain('before: request https://example.com/only with GET, HEAD');
    expect(readdirSync(at.plugins).sort()).toEqual(['.lock.sqlite', 'acme-tool@1.3.0', 'waterflow.lock']);
  });

  it('keeps two major versions side by side, and compares each with its own', async () => {
    const at = world();
    await at.run(['install', (await at.pack({})).path, '--yes']);
    await at.run(['install', (await at.pack({ version: '2.0.0' })).path]);
    expect(readdirSync(at.plugins).filter((name) => name.includes('@'))).toEqual([
      'acme-tool@1.2.0',
      'acme-tool@2.0.0',
    ]);
    // A correction of the older line is older than what is installed, and has to be meant.
    const patch = await at.pack({ version: '1.2.1' });
    expect(await at.refusal(['install', patch.path])).toBe('PLUGIN_DOWNGRADE');
    expect(await at.refusal(['install', patch.path, '--allow-downgrade'])).toBe(0);
    expect(readdirSync(at.plugins).filter((name) => name.includes('@'))).toEqual([
      'acme-tool@1.2.1',
      'acme-tool@2.0.0',
    ]);
  });

  it('puts back what was changed on the disk, and leaves alone what was not', async () => {
    const at = world();
    const { path, digest } = await at.pack({});
    await at.run(['install', path, '--yes']);
    expect((await at.run(['install', path])).stdout).toBe(`unchanged acme-tool@1.2.0 ${digest}\n`);
    writeFileSync(join(at.plugins, 'acme-tool@1.2.0/index.ts'), 'export default () => ({ evil: 1 });');
    expect((await at.run(['install', path])).stdout).toBe(`restored acme-tool@1.2.0 ${digest}\n`);
    expect((await at.run(['audit'])).code).toBe(0);
  });

  it('installs all that are named or none', async () => {
    const at = world();
    const good = await at.pack({ name: 'acme-good' });
    const bad = await at.pack({ name: 'acme-unsigned' }, []);
    expect(await at.refusal(['install', good.path, bad.path, '--yes'])).toBe('SIGNATURE_MISSING');
    expect(readdirSync(at.plugins)).toEqual(['.lock.sqlite']);
  });

  it('makes what every agent may read, whatever the umask is', async () => {
    const at = world();
    const before = process.umask(0o077);
    onTestFinished(() => void process.umask(before));
    await at.run(['install', (await at.pack({})).path, '--yes']);
    const modes = ['acme-tool@1.2.0', 'acme-tool@1.2.0/index.ts', 'waterflow.lock'].map(
      (name) => statSync(join(at.plugins, name)).mode & 0o777,
    );
    expect(modes).toEqual([0o755, 0o644, 0o644]);
  });

  it('knows the names that no other plugin can have', () => {
    expect(new Set(builtInNames())).toEqual(openPlugins(testTerminal(), []).builtInNames);
  });

  it('says that the disk is at fault where something else lies in the way', async () => {
    const at = world();
    mkdirSync(join(at.plugins, 'waterflow.lock.new'), { recursive: true });
    const { path } = await at.pack({});
    expect(await at.refusal(['install', path, '--yes'])).toBe('STORAGE_FAILED');
  });

  it('has the folder for itself while it changes it', () => {
    const at = world();
    const lock = (): Disposable => lockInstallation({ folder: at.plugins }, { waitMs: 0 });
    const held = lock();
    expect(lock).toThrow(expect.objectContaining({ error: expect.objectContaining({ code: 'PLUGIN_FOLDER_IN_USE' }) }));
    held[Symbol.dispose]();
    lock()[Symbol.dispose]();
  });
});

describe('waterflow plugin install refuses', () => {
  const install = (path: string, ...more: readonly string[]): readonly string[] => ['install', path, '--yes', ...more];
  const attacks: readonly {
    readonly attack: string;
    readonly code: string;
    readonly act: (at: World) => Promise<readonly string[]>;
  }[] = [
    { attack: 'no signature', code: 'SIGNATURE_MISSING', act: async (at) => install((await at.pack({}, [])).path) },
    {
      attack: 'a signature that was taken away',
      code: 'SIGNATURE_MISSING',
      act: async (at) => {
        const { path } = await at.pack({});
        rmSync(`${path}.sig`);
        return install(path);
      },
    },
    {
      attack: "a stranger's signature",
      code: 'SIGNATURE_FOREIGN',
      act: async (at) => install((await at.pack({}, [stranger])).path),
    },
    {
      attack: "a stranger's signature even where unsigned ones may be installed",
      code: 'SIGNATURE_FOREIGN',
      act: async (at) => install((await at.pack({}, [stranger])).path, '--allow-unsigned'),
    },
    {
      attack: 'a plugin that its signer is not trusted for',
      code: 'SIGNATURE_FOREIGN',
      act: async (at) => install((await at.pack({ name: 'globex-tool' })).path),
    },
    {
      attack: 'one signature where two are wanted',
      code: 'SIGNATURE_THRESHOLD',
      act: async (at) => {
        at.trust(
          `  - { name: audit, key: "${second.publicKey.text}", plugins: ["*"] }\nthresholds: [{ plugins: ["*"], signers: 2 }]\n`,
        );
        return install((await at.pack({})).path);
      },
    },
    {
      attack: 'a revoked key',
      code: 'SIGNING_KEY_REVOKED',
      act: async (at) => {
        at.trust(`revoked: { keys: [{ id: "${acme.publicKey.id}", reason: stolen }] }\n`);
        return install((await at.pack({})).path);
      },
    },
    {
      attack: 'a revoked package, unsigned or not',
      code: 'PACKAGE_REVOKED',
      act: async (at) => {
        const { path, digest } = await at.pack({}, []);
        at.trust(`revoked: { packages: [{ digest: "${digest}", reason: leaks }] }\n`);
        return install(path, '--allow-unsigned');
      },
    },
    {
      attack: 'the signatures of another package',
      code: 'SIGNATURE_MISMATCH',
      act: async (at) => {
        const [one, other] = [await at.pack({}), await at.pack({ version: '9.0.0' })];
        writeFileSync(`${one.path}.sig`, readFileSync(`${other.path}.sig`));
        return install(one.path);
      },
    },
    {
      attack: 'a package with a byte more',
      code: 'PACKAGE_TRAILING_DATA',
      act: async (at) => {
        const { path } = await at.pack({});
        writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.from('x')]));
        return install(path);
      },
    },
    {
      attack: 'an older version',
      code: 'PLUGIN_DOWNGRADE',
      act: async (at) => {
        await at.run(install((await at.pack({})).path));
        return install((await at.pack({ version: '1.1.9' })).path);
      },
    },
    {
      attack: 'a pre-release of what is installed',
      code: 'PLUGIN_DOWNGRADE',
      act: async (at) => {
        await at.run(install((await at.pack({})).path));
        return install((await at.pack({ version: '1.2.0-rc.1' })).path);
      },
    },
    {
      attack: 'the same version with other content, also where downgrades are allowed',
      code: 'PLUGIN_SWAPPED',
      act: async (at) => {
        await at.run(install((await at.pack({})).path));
        return install((await at.pack({ code: 'export default () => ({ a: 1 });' })).path, '--allow-downgrade');
      },
    },
    {
      attack: 'a name that looks like a built-in one',
      code: 'PACKAGE_NAME_CONFUSABLE',
      act: async (at) => install((await at.pack({ name: 'htttp' }, [])).path, '--allow-unsigned'),
    },
    {
      attack: 'a name that looks like an installed one',
      code: 'PACKAGE_NAME_CONFUSABLE',
      act: async (at) => {
        await at.run(install((await at.pack({ name: 'acme-tool' })).path));
        return install((await at.pack({ name: 'acrne-tool' }, [])).path, '--allow-unsigned');
      },
    },
    {
      attack: 'two plugins of one command whose names look alike',
      code: 'PACKAGE_NAME_CONFUSABLE',
      act: async (at) => {
        const [one, other] = [await at.pack({ name: 'acme-tool' }), await at.pack({ name: 'acme-too1' })];
        return install(one.path, other.path);
      },
    },
    {
      attack: 'a lockfile that everybody may write to',
      code: 'LOCKFILE_INVALID',
      act: async (at) => {
        await at.run(install((await at.pack({})).path));
        chmodSync(join(at.plugins, 'waterflow.lock'), 0o666);
        return install((await at.pack({ version: '1.3.0' })).path);
      },
    },
    {
      attack: 'one name twice',
      code: 'USAGE',
      act: async (at) => {
        const { path } = await at.pack({});
        return install(path, path);
      },
    },
    { attack: 'a folder', code: 'USAGE', act: async () => install('./acme-tool') },
    { attack: 'a package that is not there', code: 'FILE_NOT_READABLE', act: async () => install('nothing.tgz') },
    { attack: 'a registry that is not named', code: 'USAGE', act: async () => install('acme-tool@v1') },
    {
      attack: 'a registry over plain http',
      code: 'USAGE',
      act: async () => install('acme-tool@v1', '--registry', 'http://example.com/'),
    },
  ];

  it.each(attacks)('$attack: $code', async ({ code, act }) => {
    const at = world();
    const argv = await act(at);
    const before = existsSync(at.plugins) ? readdirSync(at.plugins).filter((name) => !name.startsWith('.')) : [];
    expect(await at.refusal(argv)).toBe(code);
    const after = existsSync(at.plugins) ? readdirSync(at.plugins) : [];
    expect(after.filter((name) => name !== '.lock.sqlite')).toEqual(before);
  });

  it('nothing for a link in the place of its staging folder, and follows it nowhere', async () => {
    const at = world();
    const elsewhere = testFolder({ 'precious.txt': 'x' });
    mkdirSync(at.plugins);
    symlinkSync(elsewhere, join(at.plugins, '.staging'));
    expect(await at.refusal(install((await at.pack({})).path))).toBe(0);
    expect(readdirSync(elsewhere)).toEqual(['precious.txt']);
    expect(readdirSync(at.plugins)).toEqual(['.lock.sqlite', 'acme-tool@1.2.0', 'waterflow.lock']);
  });

  it('installs what nobody signed where that is said, and marks it', async () => {
    const at = world();
    const { path, digest } = await at.pack({}, []);
    const { stdout, stderr } = await at.run(['install', path, '--allow-unsigned', '--yes']);
    expect(stdout).toBe(`installed acme-tool@1.2.0 ${digest} (not signed)\n`);
    expect(stderr).toContain('NOBODY: it is not signed');
    // An update that nobody signed is never installed without a question.
    const update = await at.pack({ version: '1.2.1' }, []);
    expect(await at.refusal(['install', update.path, '--allow-unsigned'])).toBe('PLUGIN_UNAPPROVED');
  });
});
