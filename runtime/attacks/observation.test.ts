import { describe, expect, it } from 'vitest';
import type { CanaryTokens } from './canaries.ts';
import { breachesOf, type Observation } from './observation.ts';

const tokens: CanaryTokens = {
  file: 'file-0123456789abcdef',
  environment: 'environment-0123456789abcdef',
  secret: 'secret-0123456789abcdef',
};

/** What is seen of an attack that was held. */
const nothing: Observation = {
  ends: ['returned'],
  messages: [''],
  outputs: [{ tried: 3 }],
  surfaces: { 'a result': '{"tried":3}', 'a log': 'a line' },
  changes: [],
  contacts: [],
  signalled: false,
  leftovers: [],
  exceeded: [],
  audit: [],
  rendered: ['a line', '{"tried":3}'],
};

const oraclesOf = (seen: Partial<Observation>) =>
  breachesOf({ ...nothing, ...seen }, tokens).map(({ oracle }) => oracle);

describe('the oracles', () => {
  it('say nothing of an attack that was held', () => {
    expect(breachesOf(nothing, tokens)).toEqual([]);
  });

  it.each([
    ['as it is', tokens.secret],
    ['backwards', tokens.secret.split('').reverse().join('')],
    ['in hexadecimal', Buffer.from(tokens.secret).toString('hex')],
    ['in base64', Buffer.from(tokens.secret).toString('base64')],
    ['in base64 behind one byte', Buffer.from(`x${tokens.secret}`).toString('base64')],
    ['in base64 behind two bytes', Buffer.from(`xy${tokens.secret} and more`).toString('base64')],
  ])('see a token %s', (_, text) => {
    expect(breachesOf({ ...nothing, surfaces: { 'a log': `before ${text} after` } }, tokens)).toEqual([
      { oracle: 'leak', what: 'the canary of the secret is in a log' },
    ]);
  });

  it.each([
    ['change', { changes: ['target.txt was written'] }],
    ['contact', { contacts: ['a connection'] }],
    ['signal', { signalled: true }],
    ['leftover', { leftovers: ['process 1'] }],
    ['bounds', { exceeded: ['it went on'] }],
    ['audit', { audit: ['a call is missing'] }],
    ['claim', { outputs: [{}, { breach: ['eval'] }] }],
    ['terminal', { rendered: ['red \u001b[31m'] }],
    ['terminal', { rendered: ['\u202egpj.exe'] }],
    ['terminal', { rendered: ['one\u2028two'] }],
  ] as const)('have one for a %s', (oracle, seen) => {
    expect(oraclesOf(seen)).toEqual([oracle]);
  });

  it.each([[null], [false], [[]]])('do not take %j for a claim', (breach) => {
    expect(oraclesOf({ outputs: [{ breach }] })).toEqual([]);
  });
});
