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
