import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callUnder, testGrant } from '../grants/testing/grant.ts';
import { createSecretVault } from './secret-vault.ts';
import { makeTestScope } from './testing/call.ts';

const counter = (): { bytes(length: number): Uint8Array } => {
  let next = 0;
  return { bytes: (length) => new Uint8Array(length).fill((next += 1)) };
};

describe('the vault', () => {
  it('gives one placeholder a name, and another to another vault', () => {
    const random = counter();
    const vault = createSecretVault({ secrets: { A: 'value-a', B: 'value-b' }, random });
    const placeholder = vault.placeholder('A');
    expect(placeholder).toBe(vault.placeholder('A'));
    expect(placeholder).not.toBe(vault.placeholder('B'));
    expect(vault.placeholder('C')).toBeUndefined();
    expect(vault.placeholder('constructor')).toBeUndefined();
    const other = createSecretVault({ secrets: { A: 'value-a' }, random });
    expect(other.reveal(String(placeholder), ['A'])).toEqual({ text: placeholder, used: [] });
  });

  it('fills in the values of allowed names only', () => {
    const vault = createSecretVault({ secrets: { A: 'value-a', B: 'value-b' }, random: counter() });
    const text = `Bearer ${vault.placeholder('A')}:${vault.placeholder('B')}`;
    expect(vault.reveal(text, ['A'])).toEqual({ text: `Bearer value-a:${vault.placeholder('B')}`, used: ['A'] });
    expect(vault.reveal(text, [])).toEqual({ text, used: [] });
    expect(vault.mentioned(text)).toEqual(['A', 'B']);
  });

  it("doesn't look again at a value that is itself a placeholder", () => {
    const random = counter();
    const inner = createSecretVault({ secrets: { B: 'value-b' }, random: counter() }).placeholder('B');
    const vault = createSecretVault({ secrets: { A: String(inner), B: 'value-b' }, random });
    // The same bytes come out of this counter, so B's placeholder is the value of A.
    expect(vault.placeholder('B')).toBe(inner);
    expect(vault.reveal(String(vault.placeholder('A')), ['A', 'B']).text).toBe(inner);
  });

  it("never shows a value of a name that isn't allowed", () => {
    const names = fc.uniqueArray(fc.constantFrom('A', 'B', 'C', 'D'), { minLength: 0, maxLength: 4 });
    fc.assert(
      fc.property(names, fc.array(fc.oneof(fc.constantFrom('A', 'B', 'C', 'D'), fc.string())), (allowed, parts) => {
        const secrets = { A: '<value A>', B: '<value B>', C: '<value C>', D: '<value D>' };
        const vault = createSecretVault({ secrets, random: counter() });
        const text = parts.map((part) => vault.placeholder(part) ?? part).join('');
        const revealed = vault.reveal(text, allowed).text;
        for (const [name, value] of Object.entries(secrets)) {
          expect(revealed.includes(value)).toBe(allowed.some((other) => other === name) && parts.includes(name));
        }
      }),
    );
  });
});

describe('secrets.get', () => {
  it('gives a placeholder for a granted name', async () => {
    await using scope = makeTestScope({ secrets: { TOKEN: 'hunter22', OTHER: 'x' } });
    const grant = testGrant({ manifest: { secrets: [{ names: ['TOKEN', 'MISSING'], to: ['net'] }] } });
    const placeholder = await callUnder(grant, 'secrets.get', { args: { name: 'TOKEN' }, scope });
    expect(placeholder).toBe(scope.secrets.placeholder('TOKEN'));
    expect(placeholder).not.toContain('hunter22');
    await expect(callUnder(grant, 'secrets.get', { args: { name: 'OTHER' }, scope })).rejects.toMatchObject({
      code: 'DENIED',
    });
    await expect(callUnder(grant, 'secrets.get', { args: { name: 'MISSING' }, scope })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});
