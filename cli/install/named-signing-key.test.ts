import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSigningKey, readTrustPolicy } from '../../runtime/trust/index.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import { folderWith } from '../plugin-commands/testing/folder.ts';
import { testTerminal } from '../testing/terminal.ts';
import { namedSigningKey } from './named-signing-key.ts';

/** A policy with one key of alice and two of bob, beside the .pub file of a stranger. */
function policy() {
  const [alice, bob, newBob, stranger] = [1, 2, 3, 4].map(() => createSigningKey().publicKey);
  if (!alice || !bob || !newBob || !stranger) throw new TypeError('there are four');
  const holders = [['alice', alice] as const, ['bob', bob] as const, ['bob', newBob] as const];
  const keys = holders.map(([name, { text }]) => `  - { name: ${name}, key: "${text}", plugins: ["*"] }\n`);
  const read = readTrustPolicy(`version: 1\nkeys:\n${keys.join('')}`, 'trust.yaml');
  if ('errors' in read) throw new TypeError('that is a policy');
  const cwd = folderWith({});
  writeFileSync(join(cwd, 'stranger.pub'), `${stranger.text}\n`);
  const find = (named: string): string => {
    try {
      return namedSigningKey(testTerminal({ cwd }), named, read.trust);
    } catch (cause) {
      if (!(cause instanceof WaterflowFailure)) throw cause;
      const { code, message, remedy } = cause.error;
      return `${code} ${message}. ${remedy}`;
    }
  };
  return { alice, bob, newBob, stranger, find };
}

describe('a signing key', () => {
  it('is named by its holder, by its id, by what that begins with, and by its file', () => {
    const { alice, newBob, stranger, find } = policy();
    expect(find('alice')).toBe(alice.id);
    expect(find(newBob.id)).toBe(newBob.id);
    expect(find(newBob.id.slice(0, 'ed25519-'.length + 12))).toBe(newBob.id);
    expect(find('stranger.pub')).toBe(stranger.id);
    // A key that no policy knows can be ended beforehand.
    expect(find(stranger.id)).toBe(stranger.id);
  });

  it('is refused where that is none or several, with those that there are', () => {
    const { alice, bob, newBob, stranger, find } = policy();
    expect(find('bob')).toBe(
      `USAGE bob is 2 keys in trust.yaml. Name one of them by its id: bob (${bob.id}), bob (${newBob.id}).`,
    );
    const known = `There are alice (${alice.id}), bob (${bob.id}), bob (${newBob.id}).`;
    for (const named of ['me', stranger.id.slice(0, 20), alice.id.slice(0, 'ed25519-'.length + 7), 'ed25519-']) {
      expect(find(named)).toContain(`USAGE no key in trust.yaml is ${named}, and no file is called so. ${known}`);
    }
  });
});
