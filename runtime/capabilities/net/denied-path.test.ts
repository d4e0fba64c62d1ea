import { describe, expect, test } from 'vitest';
import { authorize } from '../../grants/authorize.ts';
import { testGrant } from '../../grants/testing/grant.ts';

/** The policy allows the whole host but what it denies. */
function decisionOn(denied: string, url: string): string {
  const origin = 'https://api.example.com';
  const rules = [{ plugin: '*', allow: 'requested', deny: { net: [{ url: origin + denied }] } }];
  const grant = testGrant({ manifest: { net: [{ url: origin }] }, policy: JSON.stringify({ version: 1, rules }) });
  return authorize(grant, { capability: 'net', operation: 'request', args: { url: origin + url } }).kind;
}

describe('a deny of a path', () => {
  test.each([
    '/admin/x',
    '//admin/x',
    '/admin//x',
    '/admin%2fx',
    '/admin%252Fx',
    '/admin/a%2fb',
    '/admin/..%2fx',
    '/admin%5cx',
    '/admin;v=1/x',
    '/admin%3bv=1/x',
    '/admin/x%00',
    '/%00admin/x',
    '/%2561dmin/x',
    '/a/..%2fadmin/x',
    '/a/..;/admin/x',
    '/.;/admin/x',
    '/%c0%afadmin/x',
    '/%c1%a1dmin/x',
    '/%e0%80%afadmin/x',
    `/%${'25'.repeat(20)}61dmin/x`,
  ])('takes %s, which a server may read as it', (url) => {
    expect(decisionOn('/admin/**', url)).toBe('denied');
  });

  test.each(['/', '/administration', '/x/admin/y', '/a%2fb', '/a//b', '/a;admin', '/caf%C3%A9', '/100%25'])(
    'leaves %s',
    (url) => {
      expect(decisionOn('/admin/**', url)).toBe('allowed');
    },
  );

  test('is for names beyond ASCII, too', () => {
    expect(decisionOn('/café/*', '/caf%C3%A9;x/y')).toBe('denied');
    expect(decisionOn('/café/*', '//caf%25C3%25A9/y')).toBe('denied');
  });
});
