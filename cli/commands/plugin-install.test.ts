import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lockInstallation } from '../composition/installation.ts';
import { builtInNames, openPlugins } from '../composition/plugins.ts';
import { acme, installWorld } from '../testing/install-world.ts';
import { testTerminal } from '../testing/terminal.ts';

const net = (url: string): string => `permissions: { net: [{ url: "${url}", reason: looks it up }] }`;

describe('waterflow plugin install', () => {
  it('shows who signed and what is asked for, asks, and installs what then counts as approved', async () => {
    const at = installWorld();
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
    const at = installWorld();
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
    const at = installWorld();
    const { path } = await at.pack({});
    expect(await at.refusal(['install', path], { answers })).toBe('PLUGIN_UNAPPROVED');
    expect(readdirSync(at.plugins)).toEqual(['.lock.sqlite']);
  });

  it('wants a yes or a digest where nobody can be asked', async () => {
    const at = installWorld();
    const { path, digest } = await at.pack({});
    expect(await at.refusal(['install', path])).toBe('PLUGIN_UNAPPROVED');
    const other = digest.replace(/.$/u, (last) => (last === '0' ? '1' : '0'));
    expect(await at.refusal(['install', path, '--approve', other])).toBe('PLUGIN_UNAPPROVED');
    expect(await at.refusal(['install', path, '--approve', digest.slice(0, 19)])).toBe('USAGE');
    expect(await at.refusal(['install', path, '--approve', digest])).toBe(0);
  });

  it('gives a program the same to show, whether it is refused or installed', async () => {
    const at = installWorld();
    const { path, digest } = await at.pack({ manifest: net('https://example.com/*') });
    const lines = async (...argv: readonly string[]): Promise<readonly Record<string, unknown>[]> =>
      (await at.run(['install', path, '--json', ...argv])).stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    const [refused, error] = await lines();
    const [installed] = await lines('--approve', digest);
    expect(error).toMatchObject({ type: 'error', code: 'PLUGIN_UNAPPROVED' });
    expect(refused).toMatchObject({
      digest,
      action: 'unapproved',
      asks_for: [{ about: 'net', what: expect.stringContaining('https://example.com/*'), reason: 'looks it up' }],
      more: [{ kind: 'added', about: 'net' }],
      less: [],
    });
    expect(installed).toEqual({ ...refused, action: 'installed' });
  });

  it('asks no more for an update that asks for no more, and shows the difference of one that does', async () => {
    const at = installWorld();
    await at.run(['install', (await at.pack({ manifest: net('https://example.com/*') })).path, '--yes']);
    const same = await at.pack({ version: '1.2.1', manifest: net('https://example.com/only') });
    const less = await at.run(['install', same.path]);
    expect([less.code, less.stdout]).toEqual([0, `updated acme-tool@1.2.1 ${same.digest}\n`]);
    expect(less.stderr).toContain(
      'asks for nothing more than was approved\n  asks for less than was approved\n    ~ net ',
    );
    expect(less.stderr).toContain('narrower in url: was https://example.com/*, now https://example.com/only');
    const more = await at.pack({ version: '1.3.0', manifest: net('https://example.com/**') });
    const { code, stderr } = await at.run(['install', more.path], { answers: ['y'] });
    expect(code).toBe(0);
    expect(stderr).toContain('acme-tool 1.2.1 → 1.3.0');
    expect(stderr).toContain('~ net  request https://example.com/** with GET, HEAD, at public addresses only');
    expect(stderr).toContain('before: request https://example.com/only with GET, HEAD');
    expect(readdirSync(at.plugins).sort()).toEqual(['.lock.sqlite', 'acme-tool@1.3.0', 'waterflow.lock']);
  });

  it('keeps two major versions side by side, and compares each with its own', async () => {
    const at = installWorld();
    const first = await at.pack({});
    await at.run(['install', first.path, '--yes']);
    await at.run(['install', (await at.pack({ version: '2.0.0' })).path]);
    expect((await at.run(['install', first.path])).stdout).toBe(`unchanged acme-tool@1.2.0 ${first.digest}\n`);
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
    const at = installWorld();
    const { path, digest } = await at.pack({});
    await at.run(['install', path, '--yes']);
    expect((await at.run(['install', path])).stdout).toBe(`unchanged acme-tool@1.2.0 ${digest}\n`);
    writeFileSync(join(at.plugins, 'acme-tool@1.2.0/index.ts'), 'export default () => ({ evil: 1 });');
    expect((await at.run(['install', path])).stdout).toBe(`restored acme-tool@1.2.0 ${digest}\n`);
    expect((await at.run(['audit'])).code).toBe(0);
  });

  it('installs all that are named or none', async () => {
    const at = installWorld();
    const good = await at.pack({ name: 'acme-good' });
    const bad = await at.pack({ name: 'acme-unsigned' }, []);
    expect(await at.refusal(['install', good.path, bad.path, '--yes'])).toBe('SIGNATURE_MISSING');
    expect(readdirSync(at.plugins)).toEqual(['.lock.sqlite']);
  });

  it('makes what every agent may read, whatever the umask is', async () => {
    const at = installWorld();
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
    const at = installWorld();
    mkdirSync(join(at.plugins, 'waterflow.lock.new'), { recursive: true });
    const { path } = await at.pack({});
    expect(await at.refusal(['install', path, '--yes'])).toBe('STORAGE_FAILED');
  });

  it('has the folder for itself while it changes it', () => {
    const at = installWorld();
    const lock = (): Disposable => lockInstallation({ folder: at.plugins }, { waitMs: 0 });
    const held = lock();
    expect(lock).toThrow(expect.objectContaining({ error: expect.objectContaining({ code: 'PLUGIN_FOLDER_IN_USE' }) }));
    held[Symbol.dispose]();
    lock()[Symbol.dispose]();
  });
});
