import { assert, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatImageName, parseImageName } from './image-name.ts';

const digest = `sha256:${'a1'.repeat(32)}`;

function fullName(text: string): string | undefined {
  const parsed = parseImageName(text);
  return 'image' in parsed ? formatImageName(parsed.image) : undefined;
}

describe('an image is called in full', () => {
  test.each([
    ['alpine', 'docker.io/library/alpine:latest'],
    ['alpine:3.20', 'docker.io/library/alpine:3.20'],
    ['acme/app', 'docker.io/acme/app:latest'],
    ['docker.io/alpine', 'docker.io/library/alpine:latest'],
    ['index.docker.io/acme/app:1', 'docker.io/acme/app:1'],
    ['registry-1.docker.io/library/alpine:3', 'docker.io/library/alpine:3'],
    ['registry.hub.docker.com/acme/app', 'docker.io/acme/app:latest'],
    ['registry-1.docker.io:0443/acme/app', 'docker.io/acme/app:latest'],
    ['docker.io.example.com/acme/app', 'docker.io.example.com/acme/app:latest'],
    ['localhost/app', 'localhost/app:latest'],
    ['localhost:5000/app:1', 'localhost:5000/app:1'],
    ['registry.example.com:5000/team/app:v1', 'registry.example.com:5000/team/app:v1'],
    [`ghcr.io/acme/app@${digest}`, `ghcr.io/acme/app@${digest}`],
    // What a daemon would otherwise take for the beginning of an image's id.
    ['deadbeef', 'docker.io/library/deadbeef:latest'],
    ['127.0.0.1:5000/app:1', '127.0.0.1:5000/app:1'],
  ])('%s', (text, name) => {
    expect(fullName(text)).toBe(name);
  });
});

test('a tag beside a digest says nothing', () => {
  expect(fullName(`alpine:3@${digest}`)).toBe(`docker.io/library/alpine@${digest}`);
});

test.each([
  '',
  ':1',
  '@',
  'Alpine',
  'EXAMPLE.com/app',
  'alpine:*',
  'alpine:',
  'alpine:-x',
  'alpine@',
  'alpine@sha256:abc',
  `alpine@sha512:${'a'.repeat(128)}`,
  `alpine@${digest}@${digest}`,
  `evil.com/app@${digest}/../x`,
  'a//b',
  '/alpine',
  'alpine/',
  'example.com/',
  '../alpine',
  'example.com/../alpine',
  'user@example.com/app',
  'https://example.com/app',
  'alpine\n',
  'alpine:3\n',
  'alpine:3 --privileged',
  'alpine%2f..',
  'example.com:99999999/app',
  'äpp',
  'a'.repeat(256),
])('refuses the name %j', (text) => {
  expect(fullName(text)).toBeUndefined();
});

test('what is in full stays as it is', () => {
  assert(
    property(string(), (text) => {
      const name = fullName(text);
      return name === undefined || fullName(name) === name;
    }),
  );
});
