import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Grant } from '../grants/api.ts';
import { callUnder, testGrant } from '../grants/testing/grant.ts';
import { CallFailure } from './capability.ts';
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

describe('where a secret may go', () => {
  const echo = { command: 'printenv', args: ['TOKEN'], env: ['TOKEN'], secrets: ['*'], profile: 'host' };

  /** What printenv says of the variable that holds the placeholder: the value, or why not. */
  async function printed(grant: Grant): Promise<string> {
    await using scope = makeTestScope({ secrets: { TOKEN: 'hunter22' } });
    const env = { TOKEN: scope.secrets.placeholder('TOKEN') ?? '' };
    try {
      await callUnder(grant, 'exec.run', { args: { command: 'printenv', args: ['TOKEN'], env }, scope });
      return scope.logged.stdout.trim();
    } catch (cause) {
      return cause instanceof CallFailure ? `${cause.code} ${cause.rule}` : String(cause);
    }
  }

  const to = (...capabilities: string[]) => [{ names: ['TOKEN'], to: capabilities }];
  const withPolicy = (rules: string): string =>
    `version: 1\nrules:\n  - { plugin: "*", allow: requested, profile: host }\n${rules}`;

  it('is anywhere that an entry names it, where nothing says `to`', async () => {
    expect(await printed(testGrant({ manifest: { exec: [echo] } }))).toBe('hunter22');
    expect(await printed(testGrant({ manifest: { exec: [echo], secrets: [{ names: ['TOKEN'] }] } }))).toBe('hunter22');
    expect(await printed(testGrant({ manifest: { exec: [echo], secrets: to('exec') } }))).toBe('hunter22');
  });

  it('is where `to` says, whatever another entry lets any secret do', async () => {
    expect(await printed(testGrant({ manifest: { exec: [echo], secrets: to('net') } }))).toMatch(/^DENIED manifest/);
    const both = testGrant({ manifest: { exec: [echo], secrets: [...to('net'), ...to('exec')] } });
    expect(await printed(both)).toBe('hunter22');
  });

  it('is where every layer lets it go', async () => {
    const manifest = { exec: [echo], secrets: [{ names: ['TOKEN'] }] };
    const steps = { exec: [echo], secrets: to('net') };
    expect(await printed(testGrant({ manifest, step: steps }))).toMatch(/^DENIED step/);
    const limiting = withPolicy('  - { plugin: "*", allow: { secrets: [{ names: [TOKEN], to: [net] }] } }\n');
    const requested = { exec: [echo] };
    expect(await printed(testGrant({ manifest: requested, policy: limiting }))).toMatch(/^DENIED policy/);
    const forbidding = withPolicy('  - { plugin: "*", deny: { secrets: [{ names: [TOKEN] }] } }\n');
    expect(await printed(testGrant({ manifest: requested, policy: forbidding }))).toMatch(/^DENIED policy/);
    const other = withPolicy('  - { plugin: "*", deny: { secrets: [{ names: [TOKEN], to: [net] }] } }\n');
    expect(await printed(testGrant({ manifest: requested, policy: other }))).toBe('hunter22');
  });
});

describe('a placeholder in the hands of a guest', () => {
  const secret = 'hunter22';
  const vault = createSecretVault({ secrets: { A: secret }, random: counter() });
  const placeholder = vault.placeholder('A') ?? '';

  it('is replaced wherever it stands whole, however it was put together', () => {
    const joined = Array.from(placeholder).join('');
    expect(vault.reveal(`${placeholder.slice(0, 20)}${placeholder.slice(20)}`, ['A']).text).toBe(secret);
    expect(vault.reveal(`x${joined}y${joined}`, ['A']).text).toBe(`x${secret}y${secret}`);
    expect(vault.reveal(`${placeholder}0`, ['A']).text).toBe(`${secret}0`);
  });

  it('is nothing but text in any other form, so that no value comes out of it', () => {
    const forms = [
      Buffer.from(placeholder).toString('base64'),
      placeholder.toUpperCase(),
      encodeURIComponent(`${placeholder.slice(0, 12)}\0${placeholder.slice(12)}`),
      Array.from(placeholder).reverse().join(''),
      placeholder.slice(0, -1),
      placeholder.slice(1),
      `wf-secret-${placeholder}`.slice(0, -1),
    ];
    for (const form of forms) expect(vault.reveal(form, ['A'])).toEqual({ text: form, used: [] });
    // The tail of a longer text is one all the same.
    expect(vault.reveal(`wf-secret-${placeholder}`, ['A']).text).toBe(`wf-secret-${secret}`);
  });
});
