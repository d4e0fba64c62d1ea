import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createSigningKey, type PublicKey } from '../../runtime/trust/index.ts';
import { commandLine } from '../testing/terminal.ts';

const root = mkdtempSync(join(tmpdir(), 'waterflow-trusted-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let cwd: string;
let alice: PublicKey;
beforeEach(() => {
  cwd = mkdtempSync(join(root, 'cwd-'));
  alice = keyFile('alice');
});

function keyFile(name: string): PublicKey {
  const { publicKey } = createSigningKey();
  writeFileSync(join(cwd, `${name}.pub`), `${publicKey.text}\n`);
  return publicKey;
}

const keys = (...argv: readonly string[]) => commandLine(['keys', ...argv, '--trust', 'trust.yaml'], { cwd });
const trustText = (): string => readFileSync(join(cwd, 'trust.yaml'), 'utf8');
const trustAlice = ['trust', 'alice', '--key', 'alice.pub', '--plugins', 'acme-*'];

describe('waterflow keys trust', () => {
  it('makes a trust policy, and adds to it what the next one brings, leaving comments', async () => {
    expect(await keys(...trustAlice, '--id', alice.id)).toMatchObject({
      code: 0,
      stdout: '',
      stderr: `the key alice (${alice.id}) is trusted for acme-*, in ${join(cwd, 'trust.yaml')}, which was made\n`,
    });
    writeFileSync(join(cwd, 'trust.yaml'), `# Ours.\n${trustText()}# To the end.\n`);
    const bob = keyFile('bob');
    const until = ['--plugins', 'b', '--plugins', 'acme-b?', '--not-after', '2099-01-01T00:00:00Z'];
    const { code, stdout } = await keys('trust', 'bob', '--key', bob.text, ...until, '--yes', '--json');
    const file = join(cwd, 'trust.yaml');
    expect({ code, ...JSON.parse(stdout) }).toEqual({
      code: 0,
      id: bob.id,
      name: 'bob',
      plugins: ['b', 'acme-b?'],
      file,
      made: false,
    });
    expect(trustText()).toBe(`# Ours.
version: 1
keys:
  - name: alice
    key: ${alice.text}
    plugins:
      - acme-*
  - name: bob
    key: ${bob.text}
    plugins:
      - b
      - acme-b?
    not-after: 2099-01-01T00:00:00Z

# To the end.
`);
  });

  it('adds plugins to a key that is there, once somebody has said so, and takes single ones away', async () => {
    await keys(...trustAlice, '--yes');
    writeFileSync(join(cwd, 'trust.yaml'), trustText().replace('- acme-*', '- acme-* # Ours.'));
    const more = ['trust', 'alice', '--key', alice.text, '--plugins', 'acme-*', '--plugins', 'tool-?'];
    const asked = await commandLine(['keys', ...more, '--trust', 'trust.yaml'], { cwd, answers: ['n'] });
    expect(asked).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`the key alice (${alice.id}) is trusted for acme-*; for tool-?, too?`),
    });
    expect(trustText()).not.toContain('tool-?');
    expect(await keys(...more, '--id', alice.id)).toMatchObject({
      code: 0,
      stderr: `the key alice (${alice.id}) is trusted for tool-?, too, beside acme-*, in ${join(cwd, 'trust.yaml')}\n`,
    });
    expect(trustText()).toContain('      - acme-* # Ours.\n      - tool-?\n');
    expect(await keys(...more, '--yes')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('nothing was changed'),
    });
    expect(await keys('distrust', 'alice', '--plugins', 'other')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('It is for acme-*, tool-?'),
    });
    expect(JSON.parse((await keys('distrust', 'alice', '--plugins', 'tool-?', '--json')).stdout)).toMatchObject({
      status: 'narrowed',
      plugins: ['acme-*'],
      removed: ['tool-?'],
    });
    expect(trustText()).toContain('      - acme-* # Ours.\n');
    expect(trustText()).not.toContain('tool-?');
    await keys('distrust', 'alice', '--plugins', 'acme-*');
    expect(trustText()).toBe('version: 1\nkeys: []\n');
  });

  it('shows the id, and takes a yes for it alone', async () => {
    const asked = await commandLine(['keys', ...trustAlice, '--trust', 'trust.yaml'], { cwd, answers: ['no'] });
    expect(asked).toMatchObject({ code: 2, stderr: expect.stringContaining(`alice: ${alice.id}\n`) });
    expect(await keys(...trustAlice)).toMatchObject({ code: 2, stderr: expect.stringContaining('--id ed25519-') });
    const other = `ed25519-${'0'.repeat(32)}`;
    expect(await keys(...trustAlice, '--id', other, '--yes')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('SIGNING_KEY_INVALID'),
    });
    expect(existsSync(join(cwd, 'trust.yaml'))).toBe(false);
    await commandLine(['keys', ...trustAlice, '--trust', 'trust.yaml'], { cwd, answers: ['y'] });
    expect(trustText()).toContain(alice.text);
  });

  it.each([
    ['a key that is there', ['trust', 'other', '--key', 'alice.pub', '--plugins', 'x'], 'there already, as alice'],
    ['other times of a key', [...trustAlice, '--not-after', '2099-01-01T00:00:00Z'], 'with other times'],
    ['another id than the key has', [...trustAlice, '--id', `ed25519-${'0'.repeat(32)}`], 'SIGNING_KEY_INVALID'],
    ['no pattern of names', ['trust', 'x', '--key', 'new.pub', '--plugins', 'Acme/*'], 'trust.yaml'],
    ['no name', ['trust', 'x/y', '--key', 'new.pub', '--plugins', 'x'], 'trust.yaml'],
    ['no time', ['trust', 'x', '--key', 'new.pub', '--plugins', 'x', '--not-after', 'tomorrow'], 'no time with'],
    ['a key that anybody signs for', ['trust', 'x', '--key', `ed25519:${'A'.repeat(43)}=`, '--plugins', 'x'], 'weak'],
    ['a private key', ['trust', 'x', '--key', 'x.key', '--plugins', 'x'], '44 characters'],
    ['a file that is none', ['trust', 'x', '--key', 'none.pub', '--plugins', 'x'], 'none.pub'],
    ['a revoked key', ['trust', 'x', '--key', 'gone.pub', '--plugins', 'x'], 'is revoked: lost'],
  ])('refuses %s, and leaves the file as it is', async (_what, argv, said) => {
    await keys(...trustAlice, '--yes');
    const gone = keyFile('gone');
    keyFile('new');
    await keys('revoke', '--signing', gone.id, '--reason', 'lost');
    writeFileSync(join(cwd, 'x.key'), '-----BEGIN PRIVATE KEY-----\n');
    const before = trustText();
    expect(await keys(...argv, '--yes')).toMatchObject({ code: 2, stderr: expect.stringContaining(said) });
    expect(trustText()).toBe(before);
  });
});

describe('waterflow keys distrust', () => {
  it('takes out keys by a name, an id or a file, and leaves comments where they are', async () => {
    const bob = keyFile('bob');
    for (const name of ['alice', 'bob']) await keys('trust', name, '--key', `${name}.pub`, '--plugins', 'x', '--yes');
    writeFileSync(
      join(cwd, 'trust.yaml'),
      trustText().replace('  - name: bob', '  # Of the other team.\n  - name: bob'),
    );
    expect(await keys('distrust', 'alice')).toMatchObject({ code: 0, stderr: expect.stringContaining(alice.id) });
    expect(trustText()).toContain(`# Of the other team.\n  - name: bob`);
    expect(trustText()).not.toContain('alice');
    expect(await keys('distrust', 'bob.pub', '--json')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(bob.id),
    });
    expect(await keys('distrust', bob.id)).toMatchObject({ code: 2, stderr: expect.stringContaining('no key in') });
    expect(trustText()).toBe('version: 1\nkeys:\n  # Of the other team.\n  []\n');
  });

  it('refuses where the thresholds could not be reached any more', async () => {
    await keys(...trustAlice, '--yes');
    writeFileSync(join(cwd, 'trust.yaml'), `${trustText()}thresholds:\n  - { plugins: ["*"], signers: 1 }\n`);
    const before = trustText();
    expect(await keys('distrust', 'alice')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('TRUST_INVALID'),
    });
    expect(trustText()).toBe(before);
  });
});
