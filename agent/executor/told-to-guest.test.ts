import { describe, expect, it } from 'vitest';
import { createSecretVault } from '../../runtime/capabilities/secret-vault.ts';
import { toldToGuest } from './told-to-guest.ts';

const vault = createSecretVault({
  secrets: { TOKEN: 'secret', PIN: '483920' },
  random: { bytes: (length) => new Uint8Array(length).fill(7) },
});

describe('what a failed call tells its guest', () => {
  it('has the placeholder of a secret that went out with it, and nothing of other forms of the value', () => {
    const said = `the server said secret and ${encodeURIComponent('secret')} and ${Buffer.from('secret').toString('base64')}`;
    const told = toldToGuest(said, vault, ['TOKEN']);
    expect(told).toBe(`the server said ${vault.placeholder('TOKEN')} and ${vault.placeholder('TOKEN')} and ***`);
  });

  it('says back whatever the guest itself said, secret or not', () => {
    const guesses = '`a/483919 a/483920 a/secret` does not exist';
    expect(toldToGuest(guesses, vault, [])).toBe(guesses);
    expect(toldToGuest(guesses, vault, ['TOKEN'])).toContain('a/483920');
  });
});
