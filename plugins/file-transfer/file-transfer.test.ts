import { describe, expect, it } from 'vitest';
import { checkMode, destinationOf, endsOf, type Inputs, modeBits, patternsOf } from './inputs.ts';

const step: Inputs = { mode: 'upload', host: 'h', user: 'u', from: 'a', to: '/b', key: 'placeholder' };

describe('the ends of a transfer', () => {
  it.each([
    ['dist/app.js', '/srv/app', '/srv/app'],
    ['dist/app.js', '/srv/app/', '/srv/app/app.js'],
    ['./dist//my app.js', 'releases/', 'releases/my app.js'],
    ['ends in a slash/', 'x/', 'x/ends in a slash'],
  ])('are for the file %j and the target %j: %j', (from, to, target) => {
    expect(endsOf({ ...step, from, to }, false)).toEqual({ from, to: target });
  });

  it('leave the target of a folder as it is', () => {
    expect(endsOf({ ...step, from: 'dist', to: '/srv/app/' }, true)).toEqual({ from: 'dist', to: '/srv/app/' });
  });

  it.each<[string, Partial<Inputs>]>([
    ['to: mode upload', { to: '' }],
    ['from: mode upload', { from: '' }],
    ['to: a path that begins', { to: '~/app' }],
    ['from: a path that begins', { mode: 'download', from: '~' }],
  ])('are refused: %s', (message, more) => {
    expect(() => endsOf({ ...step, ...more }, false)).toThrow(message);
  });

  it('may begin with a tilde in the workspace', () => {
    expect(endsOf({ ...step, from: '~/a', to: '/b' }, false)).toEqual({ from: '~/a', to: '/b' });
  });
});

describe('the login', () => {
  it('needs a key or a password, and leaves out what is empty', () => {
    expect(destinationOf({ ...step, key: ' placeholder\n', passphrase: '', password: '' })).toMatchObject({
      host: 'h',
      user: 'u',
      key: 'placeholder',
    });
    expect(destinationOf({ ...step, key: '', password: 'p' })).not.toHaveProperty('key');
    expect(() => destinationOf({ ...step, key: '' })).toThrow('key: give a private key or a `password`');
  });
});

describe('a mode', () => {
  it.each<[Partial<Inputs>, string]>([
    [{ command: 'id' }, 'command: it is for mode exec, not for upload'],
    [{ sha256: '0' }, 'sha256: it is for mode download'],
    [{ mode: 'exec' }, 'from: it is for mode upload and download'],
    [{ mode: 'download', permissions: '0644' }, 'permissions: it is for mode upload'],
  ])('refuses %j', (more, message) => {
    expect(() => checkMode({ ...step, ...more })).toThrow(message);
  });

  it('takes what is its own', () => {
    expect(() => checkMode({ ...step, include: '*', permissions: '0644' })).not.toThrow();
  });
});

it('patterns are a list or lines', () => {
  expect(patternsOf(' a/**\n\n*.js \n')).toEqual(['a/**', '*.js']);
  expect(patternsOf(['a', ''])).toEqual(['a']);
  expect([patternsOf(undefined), patternsOf([]), patternsOf(' \n')]).toEqual([undefined, undefined, undefined]);
});

it('permission bits are octal', () => {
  expect([modeBits('0640'), modeBits('755')]).toEqual([0o640, 0o755]);
});
