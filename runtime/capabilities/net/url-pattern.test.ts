import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { markQuoted } from '../quoted.ts';
import { matchesUrl, parseUrlPattern, type UrlPattern } from './url-pattern.ts';

function pattern(text: string): UrlPattern {
  const parsed = parseUrlPattern(text);
  if ('problem' in parsed) throw new TypeError(parsed.problem);
  return parsed.pattern;
}

function matches(text: string, url: string): boolean {
  return matchesUrl(pattern(text), new URL(url));
}

function quoted(value: string): string {
  const marked = markQuoted(value);
  if ('problem' in marked) throw new TypeError(marked.problem);
  return marked.text;
}

function percentEncoded(byte: number): string {
  return `%${byte.toString(16).padStart(2, '0')}`;
}

/** Encodes each `%`, and of the other characters those that `choice` picks. */
function encodeSome(text: string, choice: Iterator<boolean>): string {
  return text.replace(/[\s\S]/g, (character) => {
    const picked = choice.next().value === true;
    return picked || character === '%' ? percentEncoded(character.charCodeAt(0)) : character;
  });
}

describe('a url pattern', () => {
  test.each([
    ['https://example.com', 'https://example.com/any/path?and=query'],
    ['https://example.com/', 'https://example.com/'],
    ['https://EXAMPLE.com:443/a', 'https://example.com/a'],
    ['https://example.com/a', 'https://example.com./a'],
    ['https://bücher.example/a', 'https://xn--bcher-kva.example/a'],
    ['https://*.example.com/a', 'https://deep.api.example.com/a'],
    ['https://example.com/repos/*', 'https://example.com/repos/x'],
    ['https://example.com/repos/*/tags', 'https://example.com/repos/x/tags'],
    ['https://example.com/v*.tar.gz', 'https://example.com/v1.2.tar.gz'],
    ['https://example.com/a/**', 'https://example.com/a/b/c/d'],
    ['https://example.com/a/**/z', 'https://example.com/a/z'],
    ['https://example.com/a/**/z', 'https://example.com/a/b/c/z'],
    ['https://example.com/a?x=1', 'https://example.com/a?x=1'],
    ['https://example.com/%61', 'https://example.com/a'],
    ['https://example.com/a', 'https://example.com/%61'],
    ['https://example.com/%2a', 'https://example.com/*'],
    ['https://example.com/a b', 'https://example.com/a%20b'],
    ['http://127.0.0.1:*/**', 'http://2130706433:8080/x'],
    ['http://[::1]:8080/**', 'http://[0:0:0:0:0:0:0:1]:8080/x'],
    ['https://*/**', 'https://example.com/x'],
    ['https://example.com/repos/*', 'https://example.com/repos/100%25'],
    ['https://example.com/repos/*', 'https://example.com/repos/a%252Bb%20c;v=1'],
    ['https://example.com/repos/*', 'https://example.com/repos/b%C3%BCcher..'],
    ['https://example.com/repos/..%252fadmin', 'https://example.com/repos/..%252fadmin'],
    ['https://example.com/projects/group%2Fname', 'https://example.com/projects/group%2fname'],
  ])('%s means %s', (text, url) => {
    expect(matches(text, url)).toBe(true);
  });

  test.each([
    ['https://example.com/a', 'http://example.com/a'],
    ['https://example.com/a', 'https://example.com:8443/a'],
    ['https://example.com/a', 'https://example.com.evil.example/a'],
    ['https://example.com', 'https://sub.example.com/'],
    ['https://*.example.com', 'https://example.com/'],
    ['https://*.example.com', 'https://evilexample.com/'],
    ['https://example.com/', 'https://example.com/a'],
    ['https://example.com/repos/*', 'https://example.com/repos/x/y'],
    ['https://example.com/repos/*', 'https://example.com/repos/../admin'],
    ['https://example.com/repos/*', 'https://example.com/repos/%2e%2e/admin'],
    ['https://example.com/repos/**', 'https://example.com/repos/x/../../admin'],
    ['https://example.com/repos/**', 'https://example.com/repos/..%2fadmin'],
    ['https://example.com/repos/*', 'https://example.com/repos/..%5Cadmin'],
    ['https://example.com/repos/*', 'https://example.com/repos/x%2Fy'],
    ['https://example.com/repos/**', 'https://example.com/repos/..;/admin'],
    ['https://example.com/repos/**', 'https://example.com/repos\\..\\admin'],
    ['https://example.com/repos/**', 'https://example.com/repos/..%252fadmin'],
    ['https://example.com/repos/**', 'https://example.com/repos/%252e%252e/admin'],
    ['https://example.com/repos/**', 'https://example.com/repos/%25%32%65%25%32%65/admin'],
    ['https://example.com/repos/**', 'https://example.com/repos/..%255cadmin'],
    ['https://example.com/repos/*', 'https://example.com/repos/x%2500.png'],
    ['https://example.com/repos/*', 'https://example.com/repos/x%0d%0ay'],
    ['https://example.com/repos/**', 'https://example.com/repos/..%253f/admin'],
    ['https://example.com/repos/**', 'https://example.com/repos/%c0%ae%c0%ae/admin'],
    ['https://example.com/repos/**', 'https://example.com/repos/..%e0%80%afadmin'],
    ['https://example.com/repos/*', `https://example.com/repos/${'%25'.repeat(3)}${'25'.repeat(20)}41`],
    ['https://example.com/a*a', 'https://example.com/a'],
    ['https://example.com/a?x=1', 'https://example.com/a?x=1&y=2'],
    ['https://example.com/a?x=1', 'https://example.com/a'],
    ['https://example.com/%2a', 'https://example.com/x'],
  ])('%s does not mean %s', (text, url) => {
    expect(matches(text, url)).toBe(false);
  });

  test.each([
    'example.com/a',
    'ftp://example.com/',
    'https://',
    'https:///a',
    'https://user:secret@example.com/',
    'https://user@example.com/',
    'https://exa*mple.com/',
    'https://example.*/',
    'https://*.*.example.com/',
    'https://example.com:99999/',
    'https://example.com/a/../b',
    'https://example.com/%2E%2e/b',
    'https://example.com/a**b',
    'https://example.com/#x',
    'https://exa mple.com/',
  ])('%s is a mistake', (text) => {
    expect(parseUrlPattern(text)).toHaveProperty('problem');
  });

  test('reads any text or says what is wrong with it', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string().map((rest) => `https://${rest}`),
      fc.webUrl(),
    );
    fc.assert(
      fc.property(text, (entry) => {
        expect(Object.keys(parseUrlPattern(entry))).toHaveLength(1);
      }),
    );
  });

  test('of a whole URL means that URL', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), (url) => {
        expect(matches(quoted(url), url)).toBe(true);
        expect(matches(quoted(url), new URL('/elsewhere/xyz', url).href)).toBe(false);
      }),
    );
  });

  test('never lets a wildcard cover what decodes to a way out, however often and whichever characters are encoded', () => {
    const wayOut = fc.oneof(
      fc.constantFrom('..', '.', '..;', '..;x', '.;'),
      fc
        .tuple(fc.webSegment(), fc.constantFrom('/', '\\', '\0'), fc.webSegment())
        .map(([before, separator, after]) => `${decodeURIComponent(before)}${separator}${decodeURIComponent(after)}`),
    );
    const rounds = fc.array(fc.infiniteStream(fc.boolean()), { minLength: 1, maxLength: 4 });
    const places = fc.constantFrom('**', '*', '**/*', '*/**');
    fc.assert(
      fc.property(wayOut, rounds, places, (text, choices, place) => {
        const whole = [...new TextEncoder().encode(text)].map(percentEncoded).join('');
        const segment = choices.reduce((encoded, choice) => encodeSome(encoded, choice), whole);
        expect(matches(`https://example.com/granted/${place}`, `https://example.com/granted/${segment}`)).toBe(false);
      }),
    );
  });

  test('takes bounded time where a backtracking matcher would take for ever', () => {
    const many = `https://example.com/${'**/'.repeat(30)}${'a*'.repeat(30)}b`;
    expect(matches(many, `https://example.com/${'a/'.repeat(500)}${'a'.repeat(2000)}`)).toBe(false);
  });
});

describe('an input in a pattern', () => {
  const from = (value: string): string => `https://api.example.com/repos/${quoted(value)}/*`;

  test('stands for exactly itself', () => {
    expect(matches(from('owner/name'), 'https://api.example.com/repos/owner/name/tags')).toBe(true);
    expect(matches(from('*'), 'https://api.example.com/repos/x/tags')).toBe(false);
    expect(matches(from('*'), 'https://api.example.com/repos/*/tags')).toBe(true);
    expect(matches(from('**'), 'https://api.example.com/repos/a/b/tags')).toBe(false);
    expect(matches(from('a?b'), 'https://api.example.com/repos/a?b/tags')).toBe(false);
    expect(matches(from('a?b'), 'https://api.example.com/repos/a%3Fb/tags')).toBe(true);
    expect(matches(from('a#'), 'https://api.example.com/repos/a')).toBe(false);
  });

  test.each(['..', '../../admin', 'x/../..', '%2e%2e/x'])('can not climb with %s', (value) => {
    expect(parseUrlPattern(from(value))).toHaveProperty('problem');
  });

  test.each(['evil.example/', 'evil.example?', 'evil.example#', 'user@evil', 'evil.example:80', '*', 'evil\\'])(
    'can not end the host with %s',
    (value) => {
      expect(parseUrlPattern(`https://${quoted(value)}.example.com/`)).toHaveProperty('problem');
    },
  );

  test('may be a label of the host, or the beginning of the URL', () => {
    expect(matches(`https://${quoted('eu-1')}.example.com/`, 'https://eu-1.example.com/')).toBe(true);
    expect(matches(`${quoted('https://example.com/base')}/x`, 'https://example.com/base/x')).toBe(true);
    expect(parseUrlPattern(`${quoted('https://exam')}ple.com/x`)).toHaveProperty('problem');
  });

  test('that is the whole URL means no other query', () => {
    expect(matches(quoted('https://example.com/a'), 'https://example.com/a?x=1')).toBe(false);
    expect(matches(quoted('https://example.com/a?x=*'), 'https://example.com/a?x=*')).toBe(true);
    expect(matches(quoted('https://example.com'), 'https://example.com/other')).toBe(false);
  });
});
