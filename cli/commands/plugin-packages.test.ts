import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { commandLine } from '../testing/terminal.ts';

const root = mkdtempSync(join(tmpdir(), 'waterflow-packages-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const manifest = `name: acme-greet
version: 1.0.0
description: Greets.
runtime: isolate
main: index.ts
`;

/** A fresh folder with a plugin in `greet`. */
let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(root, 'cwd-'));
  makePlugin(join(cwd, 'greet'));
});

function makePlugin(folder: string): void {
  mkdirSync(join(folder, 'bin'), { recursive: true });
  writeFileSync(join(folder, 'plugin.yaml'), manifest);
  writeFileSync(join(folder, 'index.ts'), 'export default (): object => ({});\n');
  writeFileSync(join(folder, 'Z.md'), 'Z\n');
  writeFileSync(join(folder, 'a.md'), 'a\n');
  writeFileSync(join(folder, 'bin/tool'), '#!/bin/sh\n');
  chmodSync(join(folder, 'bin/tool'), 0o755);
}

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function waterflow(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return commandLine(argv, { cwd, env: { PATH: process.env['PATH'], PLUGIN_DIR: join(cwd, 'none'), ...env } });
}

async function jsonOf(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Answered> {
  const { code, stdout } = await waterflow([...argv, '--json'], env);
  // One object: what each test then looks at, it compares.
  return { code, ...(JSON.parse(stdout) as object) } as Answered;
}

/** What is looked into further; else answers are only compared. */
interface Answered {
  readonly code: number;
  readonly id: string;
  readonly public_key: string;
}

/** A key, and a trust policy that trusts it for the plugins named. */
async function trusted(name: string, plugins = 'acme-*'): Promise<Answered> {
  const key = await jsonOf(['keys', 'new', '--signing', '--name', name]);
  const entry = `  - { name: ${name}, key: "${key.public_key}", plugins: ["${plugins}"] }\n`;
  const file = join(cwd, 'trust.yaml');
  const earlier = existsSync(file) ? readFileSync(file, 'utf8') : '# Ours.\nversion: 1\nkeys:\n';
  writeFileSync(file, `${earlier}${entry}`);
  return key;
}

const packageFile = 'acme-greet-1.0.0.tgz';
const verify = ['plugin', 'verify', packageFile, '--trust', 'trust.yaml'];
const sign = (key: string): readonly string[] => ['plugin', 'sign', packageFile, '--key', `${key}.key`];

describe('waterflow plugin pack', () => {
  it('writes a package beside the folder, and says what it is', async () => {
    const { code, stdout, stderr } = await waterflow(['plugin', 'pack', 'greet']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${join(cwd, packageFile)}\n` });
    expect(stderr).toMatch(
      /^ +2 bytes {2}Z\.md\n +2 bytes {2}a\.md\n +10 bytes {2}bin\/tool \(executable\)\n +35 bytes {2}index\.ts\n/,
    );
    expect(stderr).toMatch(/\n6 files of \d+ bytes, packed \d+ bytes, of no commit\nsha256:[0-9a-f]{64}\n/);
    expect(await jsonOf(['plugin', 'pack', 'greet'])).toMatchObject({
      files: expect.arrayContaining([{ path: 'bin/tool', bytes: 10, executable: true }]),
      left_out: [],
    });
  });

  it('packs nothing that has a reason yet to be written', async () => {
    const asked =
      'permissions:\n  fs:\n    - { read: a.md, reason: reads the page }\n    - { read: Z.md, reason: "TODO: why" }\n';
    writeFileSync(join(cwd, 'greet/plugin.yaml'), `${manifest}${asked}`);
    const { code, stderr } = await waterflow(['plugin', 'pack', 'greet']);
    expect({ code, packed: existsSync(join(cwd, packageFile)) }).toEqual({ code: 2, packed: false });
    expect(stderr).toMatch(
      /^error\[PLUGIN_UNDOCUMENTED\] .*plugin\.yaml:9:29: `permissions\.fs\[1\]` has no reason yet/u,
    );
  });

  it('leaves out what was built for another runtime, and says so', async () => {
    await waterflow(['plugin', 'build', 'greet']);
    await waterflow(['plugin', 'build', 'greet', '--target', 'wasm']);
    const packed = await jsonOf(['plugin', 'pack', 'greet']);
    expect(packed).toMatchObject({ left_out: ['dist/build.json', 'dist/plugin.js', 'dist/plugin.wasm'] });
    expect(packed).toHaveProperty('files.length', 6);
    await waterflow(['plugin', 'build', 'greet']);
    const { stderr } = await waterflow(['plugin', 'pack', 'greet']);
    expect(stderr).toContain('dist/plugin.js\n');
    expect(stderr).toContain("\nleft out, since it isn't what runs: dist/plugin.wasm\n");
  });

  it('makes the folder that --out names, and says why where it can not', async () => {
    const { code, stdout } = await waterflow(['plugin', 'pack', 'greet', '--out', 'new/packages']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${join(cwd, 'new/packages', packageFile)}\n` });
    expect(await waterflow(['keys', 'new', '--signing', '--name', 'me', '--out', 'new/keys'])).toMatchObject({
      code: 0,
    });
    expect(existsSync(join(cwd, 'new/keys/me.key'))).toBe(true);
    writeFileSync(join(cwd, 'file'), '');
    for (const argv of [
      ['plugin', 'pack', 'greet', '--out', 'file/x'],
      ['keys', 'new', '--signing', '--name', 'me', '--out', 'file/x'],
      ['plugin', 'docs', './greet', '--out', 'file/x'],
    ]) {
      const { stdout: said, stderr } = await waterflow(argv);
      expect(said).toBe('');
      expect(stderr).toContain('error[STORAGE_FAILED]');
      expect(stderr).toContain(`cannot make the folder ${join(cwd, 'file/x')}: a file is where a folder should be\n`);
    }
  });

  it('makes the same of the same source on other paths, umasks, times, time zones and locales', () => {
    const other = join(cwd, 'ein anderer/Ort mit Umlaut ä');
    cpSync(join(cwd, 'greet'), other, { recursive: true });
    utimesSync(join(other, 'index.ts'), 1, 1);
    const pack = (folder: string, out: string, umask: string, env: Readonly<Record<string, string>>): Buffer => {
      mkdirSync(join(cwd, out));
      const { status, stderr } = spawnSync(
        'sh',
        ['-c', `umask ${umask}; exec "$@"`, 'sh', process.execPath, launcher, 'plugin', 'pack', folder, '--out', out],
        { cwd, env: { PATH: process.env['PATH'], ...env }, encoding: 'utf8' },
      );
      expect({ status, stderr }).toMatchObject({ status: 0 });
      return readFileSync(join(cwd, out, packageFile));
    };
    const one = pack('greet', 'one', '022', { TZ: 'UTC', LC_ALL: 'C' });
    const two = pack(other, 'two', '077', { TZ: 'Pacific/Auckland', LC_ALL: 'sv_SE.UTF-8', LANG: 'tr_TR.UTF-8' });
    expect(two.equals(one)).toBe(true);
    expect(gunzipSync(one).includes(process.version)).toBe(false);
  });

  it.each([
    ['into the plugin itself', ['greet', '--out', 'greet/bin'], 'USAGE'],
    ['into the plugin itself, as `.`', ['greet', '--out', 'greet'], 'USAGE'],
    ['into a folder that would be in the plugin itself', ['greet', '--out', 'greet/new/er'], 'USAGE'],
    ['into a file', ['greet', '--out', 'greet.txt'], 'STORAGE_FAILED'],
    ['of no plugin', ['.'], 'PLUGIN_INVALID'],
  ])('writes no package %s', async (_what, argv, code) => {
    writeFileSync(join(cwd, 'greet.txt'), '');
    expect(await jsonOf(['plugin', 'pack', ...argv])).toMatchObject({ type: 'error', code });
    expect(existsSync(join(cwd, packageFile))).toBe(false);
  });

  it("packs no plugin whose name looks like a node's", async () => {
    writeFileSync(join(cwd, 'greet/plugin.yaml'), manifest.replace('acme-greet', 'htttp'));
    const { code, stderr } = await waterflow(['plugin', 'pack', 'greet']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('looks like `http`') });
    expect(existsSync(join(cwd, 'htttp-1.0.0.tgz'))).toBe(false);
  });
});

describe('waterflow plugin sign and verify', () => {
  beforeEach(async () => {
    await waterflow(['plugin', 'pack', 'greet']);
  });

  it('sign a package, and say who did', async () => {
    const key = await trusted('alice');
    expect(await waterflow(sign('alice'))).toMatchObject({ code: 0, stdout: `${packageFile}.sig\n` });
    const { code, stdout } = await waterflow(verify);
    expect(code).toBe(0);
    expect(stdout).toContain(`✓ the signature of alice (${key.id}) is good`);
    expect(stdout).toContain('✓ signed by 1 of 1 signer');
    expect(await jsonOf(verify)).toMatchObject({
      verified: true,
      name: 'acme-greet',
      signers: [{ name: 'alice', keys: [key.id] }],
      signers_needed: 1,
    });
  });

  it('add a signature to those of others, and replace an own one', async () => {
    await trusted('alice');
    await trusted('bob');
    writeFileSync(join(cwd, 'trust.yaml'), `${trustText()}thresholds: [{ plugins: ["*"], signers: 2 }]\n`);
    await waterflow(sign('alice'));
    expect(await jsonOf(verify)).toMatchObject({ code: 1, verified: false, error: { code: 'SIGNATURE_THRESHOLD' } });
    await waterflow(sign('bob'));
    expect(await jsonOf(sign('bob'))).toMatchObject({ keys: [expect.anything(), expect.anything()] });
    expect(await jsonOf(verify)).toMatchObject({
      code: 0,
      verified: true,
      signers: [{ name: 'alice' }, { name: 'bob' }],
    });
  });

  it('refuse what was packed anew after it was signed, until it is signed anew', async () => {
    await trusted('alice');
    await waterflow(sign('alice'));
    writeFileSync(join(cwd, 'greet/index.ts'), 'export default (): object => ({ other: true });\n');
    await waterflow(['plugin', 'pack', 'greet']);
    expect(await jsonOf(verify)).toMatchObject({ code: 1, error: { code: 'SIGNATURE_MISMATCH', file: packageFile } });
    expect(await waterflow(sign('alice'))).toMatchObject({ code: 2, stderr: expect.stringContaining('--replace') });
    expect(await waterflow([...sign('alice'), '--replace'])).toMatchObject({ code: 0 });
    expect(await jsonOf(verify)).toMatchObject({ code: 0, verified: true });
  });

  it.each([
    ['no signatures', 'SIGNATURE_MISSING', () => rmSync(join(cwd, `${packageFile}.sig`))],
    ['signatures that are none', 'SIGNATURE_INVALID', () => writeFileSync(join(cwd, `${packageFile}.sig`), '{}')],
    ['a broken package', 'PACKAGE_CORRUPT', () => writeFileSync(join(cwd, packageFile), 'x')],
    ['nobody trusted', 'SIGNATURE_FOREIGN', () => writeFileSync(join(cwd, 'trust.yaml'), 'version: 1\nkeys: []\n')],
  ])('refuse, with exit code 1, %s', async (_what, code, damage) => {
    await trusted('alice');
    await waterflow(sign('alice'));
    damage();
    expect(await jsonOf(verify)).toMatchObject({ code: 1, verified: false, error: { code } });
    const { code: exitCode, stderr } = await waterflow(verify);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining(code) });
  });

  it('end with 2 where a file is not there, or the trust policy is wrong', async () => {
    await trusted('alice');
    expect(await waterflow(['plugin', 'verify', 'none.tgz'])).toMatchObject({ code: 2 });
    expect(await waterflow(['plugin', 'sign', packageFile, '--key', 'none.key'])).toMatchObject({ code: 2 });
    writeFileSync(join(cwd, 'trust.yaml'), 'version: 2\nkeys: []\n');
    expect(await waterflow(verify)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/TRUST_INVALID[^]*trust\.yaml:1/),
    });
  });
});

function trustText(): string {
  return readFileSync(join(cwd, 'trust.yaml'), 'utf8');
}

const launcher = join(import.meta.dirname, '../../bin/waterflow');

describe('waterflow keys --signing', () => {
  it('makes a key that only its owner can read, and prints its id', async () => {
    const { code, stdout, stderr } = await waterflow(['keys', 'new', '--signing', '--name', 'me']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^ed25519-[0-9a-f]{32}\n$/) });
    expect(statSync(join(cwd, 'me.key')).mode & 0o777).toBe(0o600);
    expect(stderr).toContain(readFileSync(join(cwd, 'me.pub'), 'utf8').trim());
    expect(stderr).not.toContain('PRIVATE');
  });

  it('encrypts it by a passphrase, without which it does not sign', async () => {
    await waterflow(['plugin', 'pack', 'greet']);
    const env = { WATERFLOW_KEY_PASSPHRASE: 'correct horse' };
    expect(await jsonOf(['keys', 'new', '--signing', '--name', 'me'], env)).toMatchObject({ encrypted: true });
    expect(readFileSync(join(cwd, 'me.key'), 'utf8')).toContain('ENCRYPTED PRIVATE KEY');
    expect(await waterflow(sign('me'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('SIGNING_KEY_INVALID'),
    });
    expect(await waterflow(sign('me'), { WATERFLOW_KEY_PASSPHRASE: 'x' })).toMatchObject({ code: 2 });
    expect(await waterflow(sign('me'), env)).toMatchObject({ code: 0 });
  });

  it('does not sign with one that others can read, unless it is encrypted', async () => {
    await waterflow(['plugin', 'pack', 'greet']);
    await waterflow(['keys', 'new', '--signing', '--name', 'open']);
    chmodSync(join(cwd, 'open.key'), 0o640);
    const refusal = await waterflow(sign('open'));
    expect(refusal).toMatchObject({ code: 2, stderr: expect.stringContaining('chmod 600') });
    const env = { WATERFLOW_KEY_PASSPHRASE: 'correct horse' };
    await waterflow(['keys', 'new', '--signing', '--name', 'closed'], env);
    chmodSync(join(cwd, 'closed.key'), 0o644);
    expect(await waterflow(sign('closed'), env)).toMatchObject({ code: 0 });
  });

  it.each([
    ['in the place of another', ['--name', 'taken']],
    ['that is out of its folder', ['--name', '../me']],
    ['with a role of a server', ['--name', 'me', '--role', 'admin']],
  ])('makes none %s', async (_what, argv) => {
    writeFileSync(join(cwd, 'taken.pub'), '');
    expect(await waterflow(['keys', 'new', '--signing', ...argv])).toMatchObject({ code: 2 });
    expect(existsSync(join(cwd, 'taken.key')) || existsSync(join(cwd, 'me.key'))).toBe(false);
  });

  it('revokes one in the trust policy, and leaves the rest of that as it was', async () => {
    await waterflow(['plugin', 'pack', 'greet']);
    const key = await trusted('alice');
    await waterflow(sign('alice'));
    const before = trustText();
    const revoke = ['keys', 'revoke', '--signing', 'alice.pub', '--trust', 'trust.yaml'];
    expect(await waterflow(revoke)).toMatchObject({ code: 2, stderr: expect.stringContaining('--reason') });
    expect(await jsonOf([...revoke, '--reason', 'it: leaked'])).toMatchObject({ name: 'alice', status: 'revoked' });
    expect(trustText().replaceAll(/ /g, '')).toContain(before.replaceAll(/ /g, ''));
    expect(await jsonOf(verify)).toMatchObject({ code: 1, error: { code: 'SIGNING_KEY_REVOKED' } });
    const list = ['keys', 'list', '--signing', '--trust', 'trust.yaml'];
    expect(await jsonOf(list)).toMatchObject({ id: key.id, status: 'revoked', reason: 'it: leaked' });
    const other = `ed25519-${'0'.repeat(32)}`;
    await waterflow(['keys', 'revoke', '--signing', other, '--trust', 'trust.yaml', '--reason', 'lost']);
    await waterflow([...revoke, '--reason', 'again']);
    const { stdout } = await waterflow(list);
    expect(stdout.split('\n').slice(1)).toEqual([
      expect.stringMatching(/^ed25519-\S+ +alice +revoked +acme-\* +it: leaked$/),
      expect.stringMatching(/^ed25519-0+ +revoked +lost$/),
      '',
    ]);
  });

  it('lists nobody where there is no trust policy', async () => {
    expect(await waterflow(['keys', 'list', '--signing'])).toMatchObject({ code: 0, stdout: '' });
  });
});
