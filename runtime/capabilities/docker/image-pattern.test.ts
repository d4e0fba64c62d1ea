import { array, assert, constantFrom, property, string, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { markQuoted } from '../quoted.ts';
import { formatImageName, parseImageName } from './image-name.ts';
import { deniesImage, matchesImage, parseImagePattern } from './image-pattern.ts';

const digest = `sha256:${'a1'.repeat(32)}`;
const other = `sha256:${'b2'.repeat(32)}`;

function means(pattern: string, name: string, ask: typeof matchesImage = matchesImage): boolean {
  const parsed = parseImagePattern(pattern);
  const image = parseImageName(name);
  if ('problem' in parsed) throw new TypeError(parsed.problem);
  if ('problem' in image) throw new TypeError(image.problem);
  return ask(parsed.pattern, image.image);
}

function quoted(text: string): string {
  const marked = markQuoted(text);
  if ('problem' in marked) throw new TypeError(marked.problem);
  return marked.text;
}

describe('a pattern means', () => {
  test.each([
    ['alpine', 'docker.io/library/alpine:latest'],
    ['alpine:3.*', 'alpine:3.20'],
    ['alpine:*', 'alpine:edge'],
    ['alpine:*', `alpine@${digest}`],
    [`alpine@${digest}`, `alpine@${digest}`],
    [`alpine@${digest}`, `alpine:whatever@${digest}`],
    ['ghcr.io/acme/*:v1.*', 'ghcr.io/acme/app:v1.2'],
    ['ghcr.io/*/app-*-x:1', 'ghcr.io/acme/app-a-b-x:1'],
    ['localhost:5000/app:*', 'localhost:5000/app:1'],
    ['*', `anything.example.com/a/b/c@${digest}`],
  ])('%s: %s', (pattern, name) => {
    expect(means(pattern, name)).toBe(true);
  });
});

describe('a pattern does not mean', () => {
  test.each([
    ['alpine', 'alpine:3'],
    ['alpine:3.*', 'alpine:4'],
    // A tag beside a digest is what the caller says; the digest is what is run.
    ['alpine:3.*', `alpine:3.20@${digest}`],
    [`alpine@${digest}`, `alpine@${other}`],
    [`alpine@${digest}`, 'alpine:latest'],
    ['alpine:*', 'acme/alpine:3'],
    ['alpine:*', 'evil.example.com/library/alpine:3'],
    ['ghcr.io/acme/*:1', 'ghcr.io/acme/team/app:1'],
    ['ghcr.io/acme/*:1', 'ghcr.io.evil.com/acme/app:1'],
    ['ghcr.io/acme/a*a:1', 'ghcr.io/acme/a:1'],
    ['localhost:5000/app', 'localhost:5001/app'],
    ['*/app:1', 'acme/team/app:1'],
    ['*/app:1', 'evil.com/app:1'],
  ])('%s: %s', (pattern, name) => {
    expect(means(pattern, name)).toBe(false);
  });
});

describe('a pattern of a deny rule takes', () => {
  test.each([
    ['docker.io/*', 'registry-1.docker.io/library/alpine:3'],
    ['docker.io/*', 'index.docker.io/acme/app:1'],
    ['docker.io/*', 'registry.hub.docker.com:443/acme/app:1'],
    ['docker.io/*', `alpine@${digest}`],
    ['registry-1.docker.io/acme/app', 'acme/app'],
    ['ghcr.io/*:1', 'ghcr.io/acme/team/app:1'],
    ['ghcr.io/acme/*', 'ghcr.io:443/acme/app:2'],
    ['ghcr.io:443/acme/app', 'ghcr.io/acme/app'],
    ['alpine', 'alpine:3'],
    ['alpine', `alpine@${digest}`],
    ['*', 'ghcr.io/acme/app'],
  ])('%s: %s', (pattern, name) => {
    expect(means(pattern, name, deniesImage)).toBe(true);
  });

  test.each([
    ['docker.io/*', 'ghcr.io/acme/app'],
    ['docker.io/*:1', 'alpine:2'],
    ['docker.io/library/*', 'acme/app'],
    ['library/*', 'acme/app'],
    ['ghcr.io/acme/*', 'ghcr.io/other/app'],
    ['ghcr.io/acme/*', 'ghcr.io:8443/acme/app'],
    ['alpine:latest', `alpine@${digest}`],
  ])('not %s: %s', (pattern, name) => {
    expect(means(pattern, name, deniesImage)).toBe(false);
  });
});

test.each([
  '',
  '**',
  'a/**/b',
  '*.example.com/app',
  'exam*.com/app',
  'example.com:*/app',
  'alpine@sha256:*',
  'alpine@*',
  `alpine:3@${digest}`,
  'alpine:1**',
  'Alpine',
  'alpine:a b',
])('refuses the pattern %j', (text) => {
  expect(parseImagePattern(text)).toHaveProperty('problem');
});

describe('a value from an expression', () => {
  test('stands for itself', () => {
    expect(means(`alpine:${quoted('3.20')}`, 'alpine:3.20')).toBe(true);
    expect(means(quoted('ghcr.io/acme/app:1'), 'ghcr.io/acme/app:1')).toBe(true);
    expect(means(`ghcr.io/acme/${quoted('app')}:*`, 'ghcr.io/acme/app:9')).toBe(true);
  });

  test.each([
    ['is no pattern', `alpine:${quoted('*')}`],
    ['is not any image', quoted('*')],
    ['is no further tag', `acme/${quoted('app:evil')}`],
    ['is no digest', `alpine:${quoted(`3@${digest}`)}`],
    ['is no further segment', `ghcr.io/${quoted('evil/app')}:1`],
    ['is no registry', `${quoted('evil.com')}/app:1`],
    ['is no registry by its port', `${quoted('evil')}:5000/app:1`],
    ['is no part of a registry', `reg.${quoted('evil.com')}/app:1`],
    ['is not nothing', `${quoted('')}alpine:1`],
    ['is no line', `alpine:${quoted('3\n')}`],
  ])('%s', (_why, text) => {
    expect(parseImagePattern(text)).toHaveProperty('problem');
  });

  test('never widens the pattern that it stands in', () => {
    const names = constantFrom(
      'alpine:3',
      'evil.com/app:1',
      'ghcr.io/acme/app:1',
      'acme/app:1',
      'ghcr.io/acme/team/app:1',
    );
    const value = array(
      constantFrom('*', '/', ':', '@', 'evil.com', 'app', 'acme', '1', '.', '\n', 'localhost', '..'),
      {
        maxLength: 5,
      },
    );
    assert(
      property(tuple(names, value), ([name, texts]) => {
        const text = texts.join('');
        const parsed = parseImagePattern(`ghcr.io/acme/${quoted(text)}:1`);
        const image = parseImageName(name);
        if ('problem' in parsed || 'problem' in image) return true;
        return !matchesImage(parsed.pattern, image.image) || formatImageName(image.image) === `ghcr.io/acme/${text}:1`;
      }),
    );
  });
});

test('a name as its own pattern means itself', () => {
  assert(
    property(string(), (text) => {
      const image = parseImageName(text);
      return 'problem' in image || means(formatImageName(image.image), text);
    }),
  );
});
