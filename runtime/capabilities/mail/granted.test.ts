import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../schemas/index.ts';
import { authorize } from '../../grants/authorize.ts';
import { testGrant } from '../../grants/testing/grant.ts';

const from = (sender: string, to: readonly string[], more: JsonObject = {}): JsonObject => ({
  host: 'mx.example.com',
  from: sender,
  to,
  subject: 'S',
  ...more,
});

function decision(entries: readonly JsonObject[], args: JsonObject): string {
  return authorize(testGrant({ manifest: { mail: entries } }), { capability: 'mail', operation: 'send', args }).kind;
}

describe('several entries of mail', () => {
  const entries = [
    { host: 'mx.example.com', from: 'alerts@example.com', to: '*' },
    { host: 'mx.example.com', from: '*@example.com', to: 'team@example.com' },
  ];

  it.each([
    ['alerts@example.com', ['anybody@example.org'], 'allowed'],
    ['anna@example.com', ['team@example.com'], 'allowed'],
    ['alerts@example.com', ['anybody@example.org', 'team@example.com'], 'allowed'],
    ['anna@example.com', ['anybody@example.org'], 'denied'],
    ['anna@example.com', ['team@example.com', 'anybody@example.org'], 'denied'],
  ])('let %s write to %j: %s', (sender, to, expected) => {
    expect(decision(entries, from(sender, to))).toBe(expected);
  });

  it('let answers go only where the sender may write, or may be', () => {
    const anna = (reply_to: string): string =>
      decision(entries, from('anna@example.com', ['team@example.com'], { reply_to }));
    expect(anna('team@example.com')).toBe('allowed');
    expect(anna('anybody@example.org')).toBe('denied');
  });
});

describe('a deny of mail', () => {
  const denied = (deny: JsonObject, args: JsonObject): boolean => {
    const policy = JSON.stringify({
      version: 1,
      rules: [{ plugin: '*', allow: 'requested', deny: { mail: [{ host: '*', ...deny }] } }],
    });
    const mail = [{ host: 'mx.example.com', port: '*', from: '*', to: '*' }];
    return (
      authorize(testGrant({ manifest: { mail }, policy }), { capability: 'mail', operation: 'send', args }).kind ===
      'denied'
    );
  };

  it.each<[string, JsonObject, boolean]>([
    ['everything, where it names nobody', {}, true],
    ['what that sender sends', { from: 'anna@example.com' }, true],
    ['nothing of another sender', { from: 'bob@example.com' }, false],
    ['what goes to that recipient beside others', { to: 'board@example.com' }, true],
    ['nothing to others', { to: 'all@example.com' }, false],
    ['that sender to that recipient', { from: 'anna@example.com', to: 'board@example.com' }, true],
    ['not another sender to that recipient', { from: 'bob@example.com', to: 'board@example.com' }, false],
    ['answers that go there', { to: 'answers@example.com' }, true],
  ])('takes %s', (_what, deny, expected) => {
    const to = ['team@example.com', 'board@example.com'];
    expect(denied(deny, from('anna@example.com', to, { reply_to: 'answers@example.com' }))).toBe(expected);
  });

  it.each<[string, JsonObject, boolean]>([
    ['every port, where it names none', {}, true],
    ['no other port than it names', { port: 587 }, false],
  ])('takes %s', (_what, deny, expected) => {
    expect(denied(deny, from('anna@example.com', ['team@example.com'], { port: 465 }))).toBe(expected);
  });
});
