import { describe, expect, it } from 'vitest';
import { compileMarked, job, step, steps } from '../testing/mistakes.ts';

describe('retry and permissions', () => {
  it.each([
    ['no attempts', step('run: x\nretry: { attempts: ▸INVALID_VALUE▸0 }')],
    ['half an attempt', step('run: x\nretry: { attempts: ▸INVALID_VALUE▸1.5 }')],
    ['a shrinking interval', step('run: x\nretry: { backoff-coefficient: ▸INVALID_VALUE▸0.5 }')],
    [
      'a maximum below the initial interval',
      step('run: x\nretry: { initial-interval: 1m, maximum-interval: ▸INVALID_VALUE▸1s }'),
    ],
    ['an unknown class', step('run: x\nretry: { on: [▸INVALID_VALUE▸failed] }')],
    ['no classes', step('run: x\nretry: { on: ▸EMPTY▸[] }')],
    ['a class twice', step('run: x\nretry: { on: [lost, ▸DUPLICATE_ID▸lost] }')],
    ['a number', step('run: x\nretry: ▸WRONG_TYPE▸3')],
    ['an unknown capability', step('run: x\npermissions: { ▸UNKNOWN_KEY▸network: [] }')],
    ["a scope of GitHub's token", `permissions: { ▸UNKNOWN_KEY▸contents: read }\n${job(steps)}`],
    ['an entry without its key', step('run: x\npermissions: { net: [▸MISSING_KEY▸{ methods: [GET] }] }')],
    [
      'an unknown key of an entry',
      step('run: x\npermissions: { net: [{ url: "http://a", ▸UNKNOWN_KEY▸method: GET }] }'),
    ],
    [
      'a wrong word in an entry',
      step('run: x\npermissions: { net: [{ url: "http://a", methods: [▸INVALID_VALUE▸get] }] }'),
    ],
    [
      'a misspelt key once, not also as a missing one',
      step('run: x\npermissions: { net: [{ ▸UNKNOWN_KEY▸urls: a }] }'),
    ],
    ['an abbreviated key once', step('run: x\npermissions: { net: [{ ▸UNKNOWN_KEY▸ul: a }] }')],
    ['a misspelt key of one of several forms once', step('run: x\npermissions: { fs: [{ ▸UNKNOWN_KEY▸reed: a }] }')],
    ['a pattern that means nothing', step('run: x\npermissions: { fs: [{ read: a }, { read: ▸INVALID_VALUE▸/etc }] }')],
    ['one in a list', step('run: x\npermissions: { net: [{ url: a, methods: [GET, ▸INVALID_VALUE▸POST] }] }')],
    [
      'an entry that contradicts itself',
      step('run: x\npermissions: { net: [▸INVALID_VALUE▸{ url: a, private: true }] }'),
    ],
    ['an entry that fits no form', step('run: x\npermissions: { fs: [{ read: ▸WRONG_TYPE▸1 }] }')],
    ['entries that are no list', step('run: x\npermissions: { net: ▸WRONG_TYPE▸{ url: a } }')],
    ['an entry that is no mapping', step('run: x\npermissions: { net: [▸WRONG_TYPE▸all] }')],
    ['a reason that is no text', step('run: x\npermissions: { net: [{ url: a, reason: ▸WRONG_TYPE▸5 }] }')],
    ["GitHub's read-all", `permissions: ▸WRONG_TYPE▸read-all\n${job(steps)}`],
    [
      'a secret in permissions',
      step("run: x\npermissions: { net: [{ url: 'http://${{ ▸CONTEXT_NOT_AVAILABLE▸secrets.host }}' }] }"),
    ],
  ])('reports %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });

  it('says that there is no token', () => {
    const { diagnostics } = compileMarked(`permissions: { contents: read }\n${job(steps)}`);
    expect(diagnostics[0]?.remedy).toContain('there is no token');
  });
});
