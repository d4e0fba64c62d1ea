import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AbsolutePath } from '../../schemas/index.ts';
import { createSealer, keyFileName } from './seal.ts';

function stateFolder(): AbsolutePath {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-seal-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  // mkdtemp gave an absolute path.
  return join(folder, 'state') as AbsolutePath;
}

describe('a sealer', () => {
  it('opens what it sealed, also after a restart, and nothing shows in it', async () => {
    const state = stateFolder();
    const sealed = await createSealer(state).seal('the secret — of some kind', 'webhook a');
    expect(sealed).not.toContain('secret');
    expect(await createSealer(state).seal('the secret — of some kind', 'webhook a')).not.toBe(sealed);
    expect(await createSealer(state).unseal(sealed, 'webhook a')).toBe('the secret — of some kind');
  });

  it("opens nothing that is another's, was sealed elsewhere or changed", async () => {
    const sealer = createSealer(stateFolder());
    const sealed = await sealer.seal('secret', 'webhook a');
    expect(await sealer.unseal(sealed, 'webhook b')).toBeUndefined();
    expect(await createSealer(stateFolder()).unseal(sealed, 'webhook a')).toBeUndefined();
    const flipped = Buffer.from(sealed.slice(3), 'base64url');
    for (let at = 0; at < flipped.length; at += 5) {
      flipped[at] = flipped[at]! ^ 1;
      expect(await sealer.unseal(`v1.${flipped.toString('base64url')}`, 'webhook a')).toBeUndefined();
      flipped[at] = flipped[at]! ^ 1;
    }
    for (const other of ['', 'v1.', 'v1.AAAA', 'v2.', sealed.slice(0, -8)]) {
      expect(await sealer.unseal(other, 'webhook a')).toBeUndefined();
    }
  });

  it('makes one key for its owner alone, also where two servers begin at once', async () => {
    const state = stateFolder();
    const [one, other] = [createSealer(state), createSealer(state)];
    const sealed = await Promise.all([one.seal('1', 'a'), other.seal('2', 'a'), one.seal('3', 'a')]);
    expect(await Promise.all(sealed.map((text) => other.unseal(text, 'a')))).toEqual(['1', '2', '3']);
    expect(readdirSync(state)).toEqual([keyFileName]);
    expect(statSync(join(state, keyFileName)).mode & 0o777).toBe(0o600);
  });

  it('refuses a key that others can read, or that is none, and makes no other in its place', async () => {
    const state = stateFolder();
    await createSealer(state).seal('1', 'a');
    const path = join(state, keyFileName);
    const key = readFileSync(path);
    chmodSync(path, 0o640);
    await expect(createSealer(state).seal('1', 'a')).rejects.toMatchObject({
      error: { code: 'STORAGE_FAILED', remedy: `chmod 600 ${path}` },
    });
    chmodSync(path, 0o600);
    writeFileSync(path, 'short\n');
    const sealer = createSealer(state);
    await expect(sealer.seal('1', 'a')).rejects.toMatchObject({ error: { code: 'STORAGE_FAILED' } });
    writeFileSync(path, key);
    expect(await sealer.unseal(await sealer.seal('1', 'a'), 'a')).toBe('1');
  });
});
