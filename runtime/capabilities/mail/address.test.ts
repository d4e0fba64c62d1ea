import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressText, matchesAddress, parseAddress, parseAddressPattern } from './address.ts';
import { parseMailEntry, quoteMail } from './rule.ts';

function matches(pattern: string, address: string): boolean {
  const parsed = parseAddressPattern(pattern);
  if ('problem' in parsed) throw new TypeError(parsed.problem);
  const read = parseAddress(address);
  return read !== undefined && matchesAddress(parsed.pattern, read);
}

describe('an address', () => {
  test('is never more than one name and one domain, whatever it is made of', () => {
    const piece = fc.constantFrom(
      'a',
      '@',
      'b.com',
      ',',
      ';',
      '<',
      '>',
      '"',
      '(',
      ')',
      ' ',
      '%',
      '!',
      '\r\n',
      ':',
      '.',
      'ü',
      '=?',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        const read = parseAddress(pieces.join(''));
        const text = read === undefined ? 'a@b' : addressText(read);
        expect(text).toMatch(/^[^\s@,;<>"()%!:\\[\]]+@[a-z0-9.-]+$/);
      }),
    );
  });

  test('is read back as the same', () => {
    fc.assert(
      fc.property(fc.emailAddress(), (text) => {
        const read = parseAddress(text);
        fc.pre(read !== undefined);
        expect(parseAddress(addressText(read))).toEqual(read);
      }),
    );
  });

  test.each([
    ['*', 'a@b.com', true],
    ['*@b.com', 'a@B.COM', true],
    ['*@b.com', 'a@x.b.com', false],
    ['*@*.b.com', 'a@x.b.com', true],
    ['*@*.b.com', 'a@b.com', false],
    ['a@b.com', 'A@b.com', true],
    ['a@b.com', 'a+x@b.com', false],
    ['*@bücher.de', 'a@xn--bcher-kva.de', true],
  ])('%s means %s: %s', (pattern, address, expected) => {
    expect(matches(pattern, address)).toBe(expected);
  });

  test.each(['', 'b.com', '@b.com', 'a*@b.com', 'a@b*.com', 'a@@b.com', '"a"@b.com', 'a@[1.2.3.4]', '*@*.'])(
    'pattern `%s` is refused',
    (text) => {
      expect(parseAddressPattern(text)).toHaveProperty('problem');
    },
  );

  test.each([
    ['*', '', ''],
    ['*@b.com', '', ''],
    ['eve@evil', '', '.b.com'],
    ['*', '', '@b.com'],
  ])('from an input is no pattern: %j', (input, before, after) => {
    const quoted = quoteMail(input, ['to']);
    const to = `${before}${'text' in quoted ? quoted.text : ''}${after}`;
    expect(parseMailEntry({ host: 'a', to })).toHaveProperty('problem');
  });

  test('from an input stands for itself', () => {
    const quoted = quoteMail('bob@b.com', ['to']);
    expect(parseMailEntry({ host: 'a', to: 'text' in quoted ? quoted.text : '' })).toHaveProperty('rule');
  });
});

test.each([
  ['a user without a password', { user: 'a' }],
  ['a password without encryption', { user: 'a', password: 'P', tls: 'none' }],
  ['a host with a port', { host: 'a:25' }],
  ['no size', { limits: { size: 'big' } }],
])('an entry with %s is refused', (_what, entry) => {
  expect(parseMailEntry({ host: 'a', ...entry })).toHaveProperty('problem');
});
