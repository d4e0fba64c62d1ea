import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../../runtime/manifest/testing/folder.ts';
import { createSigningKey } from '../../runtime/trust/index.ts';
import { acme, type InstallWorld, installWorld } from '../testing/install-world.ts';

const second = createSigningKey();
const stranger = createSigningKey();

describe('waterflow plugin install refuses', () => {
  const install = (path: string, ...more: readonly string[]): readonly string[] => ['install', path, '--yes', ...more];
  const attacks: readonly {
    readonly attack: string;
    readonly code: string;
    readonly act: (at: InstallWorld) => Promise<readonly string[]>;
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
      attack: 'a manifest that asks for more than the one that was signed',
      code: 'PACKAGE_MANIFEST_CHANGED',
      act: async (at) => {
        const more = 'permissions: { secrets: [{ names: [TOKEN], reason: x }] }';
        const [signed, asking] = [await at.pack({}), await at.pack({ manifest: more })];
        writeFileSync(`${asking.path}.sig`, readFileSync(`${signed.path}.sig`));
        return install(asking.path);
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
    const at = installWorld();
    const argv = await act(at);
    const before = existsSync(at.plugins) ? readdirSync(at.plugins).filter((name) => !name.startsWith('.')) : [];
    expect(await at.refusal(argv)).toBe(code);
    const after = existsSync(at.plugins) ? readdirSync(at.plugins) : [];
    expect(after.filter((name) => name !== '.lock.sqlite')).toEqual(before);
  });

  it('nothing for a link in the place of its staging folder, and follows it nowhere', async () => {
    const at = installWorld();
    const elsewhere = testFolder({ 'precious.txt': 'x' });
    mkdirSync(at.plugins);
    symlinkSync(elsewhere, join(at.plugins, '.staging'));
    expect(await at.refusal(install((await at.pack({})).path))).toBe(0);
    expect(readdirSync(elsewhere)).toEqual(['precious.txt']);
    expect(readdirSync(at.plugins)).toEqual(['.lock.sqlite', 'acme-tool@1.2.0', 'waterflow.lock']);
  });

  it('installs what nobody signed where that is said, and marks it', async () => {
    const at = installWorld();
    const { path, digest } = await at.pack({}, []);
    const { stdout, stderr } = await at.run(['install', path, '--allow-unsigned', '--yes']);
    expect(stdout).toBe(`installed acme-tool@1.2.0 ${digest} (not signed)\n`);
    expect(stderr).toContain('NOBODY: it is not signed');
    // An update that nobody signed is never installed without a question.
    const update = await at.pack({ version: '1.2.1' }, []);
    expect(await at.refusal(['install', update.path, '--allow-unsigned'])).toBe('PLUGIN_UNAPPROVED');
  });
});
