import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../schemas/index.ts';
import { callUnder, testGrant } from '../grants/testing/grant.ts';
import { maxValueBytes } from './store/operations.ts';
import { maxKeyLength, parseStoreEntry, quoteStoreText } from './store/rules.ts';
import { makeTestScope, type TestScope } from './testing/call.ts';

/** Calls the store of a scope under these entries of the manifest. */
function storeOf(scope: TestScope, ...entries: JsonObject[]): (operation: string, args: JsonObject) => Promise<Json> {
  const grant = testGrant({ manifest: { store: entries.length > 0 ? entries : [{ keys: '*' }] } });
  return (operation, args) => callUnder(grant, `store.${operation}`, { args, scope });
}

describe('store', () => {
  it('keeps values, with a version that grows', async () => {
    await using scope = makeTestScope();
    const store = storeOf(scope);
    expect(await store('get', { key: 'a' })).toBeNull();
    expect(await store('set', { key: 'a', value: { deep: [1, null, 'ü'] } })).toEqual({ version: 1 });
    expect(await store('get', { key: 'a' })).toEqual({ value: { deep: [1, null, 'ü'] }, version: 1, expires_at: null });
    expect(await store('set', { key: 'a', value: null })).toEqual({ version: 2 });
    expect(await store('get', { key: 'a' })).toMatchObject({ value: null });
    expect(await store('delete', { key: 'a' })).toBe(true);
    expect(await store('delete', { key: 'a' })).toBe(false);
    expect(await store('get', { key: 'a' })).toBeNull();
  });

  it('swaps only what has the expected version, which never comes again', async () => {
    await using scope = makeTestScope();
    const store = storeOf(scope);
    const swap = (expected: number | null) => store('compare_and_set', { key: 'lock', expected, value: 'mine' });
    expect(await swap(7)).toEqual({ swapped: false, version: null });
    expect(await swap(null)).toEqual({ swapped: true, version: 1 });
    expect(await swap(null)).toEqual({ swapped: false, version: 1 });
    expect(await store('delete', { key: 'lock', expected: 9 })).toBe(false);
    expect(await store('delete', { key: 'lock', expected: 1 })).toBe(true);
    expect(await swap(1)).toEqual({ swapped: false, version: null });
    expect(await swap(null)).toEqual({ swapped: true, version: 2 });
  });

  it('lets one of many swaps through', async () => {
    await using scope = makeTestScope();
    const store = storeOf(scope);
    const swaps = await Promise.all(
      Array.from({ length: 20 }, (_, value) => store('compare_and_set', { key: 'once', expected: null, value })),
    );
    expect(swaps.filter((outcome) => JSON.stringify(outcome).includes('"swapped":true'))).toHaveLength(1);
  });

  it('lists keys of a prefix, page by page', async () => {
    await using scope = makeTestScope();
    const store = storeOf(scope);
    for (const key of ['b/2', 'a', 'b/1', 'b/10', 'c', 'bb']) await store('set', { key, value: key });
    expect(await store('list', { prefix: 'b/', limit: 2 })).toEqual({
      keys: [
        { key: 'b/1', version: 3, bytes: 8 },
        { key: 'b/10', version: 4, bytes: 10 },
      ],
      cursor: 'b/10',
    });
    expect(await store('list', { prefix: 'b/', limit: 2, cursor: 'b/10' })).toMatchObject({
      keys: [{ key: 'b/2' }],
      cursor: null,
    });
    expect(await store('list', { prefix: 'b/', cursor: 'a' })).toMatchObject({ keys: [{}, {}, {}] });
    expect(await store('list', {})).toMatchObject({ keys: [{ key: 'a' }, {}, {}, {}, { key: 'bb' }, { key: 'c' }] });
    await expect(store('list', { limit: 1001 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENTS' });
  });

  it('says until when a value is kept', async () => {
    await using scope = makeTestScope();
    const store = storeOf(scope);
    await store('set', { key: 'b', value: 1, ttl_ms: 60_000 });
    expect(await store('get', { key: 'b' })).toMatchObject({ expires_at: expect.stringMatching(/^\d{4}-.*Z$/) });
    await store('set', { key: 'b', value: 1 });
    expect(await store('get', { key: 'b' })).toMatchObject({ expires_at: null });
  });

  it('gives only what the entries cover', async () => {
    await using scope = makeTestScope();
    const store = storeOf(scope, { keys: ['state', 'cache/*'] });
    await store('set', { key: 'state', value: 1 });
    await store('set', { key: 'cache/x', value: 1 });
    for (const key of ['states', 'cache', 'other', 'cacheX']) {
      for (const [operation, more] of [
        ['get', {}],
        ['set', { value: 1 }],
        ['compare_and_set', { value: 1, expected: null }],
        ['delete', {}],
      ] as const) {
        await expect(store(operation, { key, ...more })).rejects.toMatchObject({ code: 'DENIED' });
      }
    }
    expect(await store('list', { prefix: 'cache/' })).toMatchObject({ keys: [{ key: 'cache/x' }] });
    await expect(store('list', { prefix: 'cache' })).rejects.toMatchObject({ code: 'DENIED' });
    await expect(store('list', { prefix: 'state' })).rejects.toMatchObject({ code: 'DENIED' });
    await expect(store('list', {})).rejects.toMatchObject({ code: 'DENIED' });
  });

  it('shows no list in which a forbidden key could be', async () => {
    await using scope = makeTestScope();
    const policy = 'version: 1\nrules: [{ plugin: "*", allow: requested, deny: { store: [{ keys: "a/private/*" }] } }]';
    const grant = testGrant({ manifest: { store: [{ keys: '*' }] }, policy });
    const list = (prefix: string) => callUnder(grant, 'store.list', { args: { prefix }, scope });
    for (const prefix of ['', 'a', 'a/private/', 'a/private/x'])
      await expect(list(prefix)).rejects.toMatchObject({ code: 'DENIED' });
    expect(await list('a/public')).toMatchObject({ keys: [] });
    await expect(callUnder(grant, 'store.get', { args: { key: 'a/private/x' }, scope })).rejects.toMatchObject({
      code: 'DENIED',
    });
  });

  it('keeps to the least quota in bytes and keys, of the keys that an entry covers', async () => {
    await using scope = makeTestScope();
    const grant = testGrant({
      manifest: {
        store: [
          { keys: ['a/*', 'a/b*'], quota: '1KiB' },
          { keys: 'b/*', quota: { keys: 2 } },
        ],
      },
      step: { store: [{ keys: '*', quota: '100B' }] },
    });
    const set = (key: string, value: Json) => callUnder(grant, 'store.set', { args: { key, value }, scope });
    await set('a/b', 'x'.repeat(50));
    await expect(set('a/c', 'x'.repeat(50))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    // In the place of the old value there is room.
    await set('a/b', 'x'.repeat(90));
    await expect(set('a/b', 'x'.repeat(100))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await set('a/b', '');
    await set('b/1', '');
    await set('b/2', '');
    await expect(set('b/3', '')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await set('b/2', 'again');
  });

  it('refuses a value that is too large and keys that are none', async () => {
    await using scope = makeTestScope();
    const store = storeOf(scope);
    await store('set', { key: 'a', value: 'x'.repeat(maxValueBytes - 2) });
    await expect(store('set', { key: 'a', value: 'x'.repeat(maxValueBytes - 1) })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
    await store('set', { key: 'k'.repeat(maxKeyLength), value: 1 });
    for (const key of [
      '',
      '*',
      'a*',
      'a b',
      'a\0b',
      '/a',
      '../a',
      'ü',
      'a\n',
      '\u007f',
      'k'.repeat(maxKeyLength + 1),
    ]) {
      await expect(store('set', { key, value: 1 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENTS' });
    }
    await expect(store('set', { key: 'a', value: 1, ttl_ms: 0 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENTS' });
    await expect(store('set', { key: 'a' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENTS' });
  });

  it('keeps the placeholder of a secret as a placeholder, in a file that only the agent reads', async () => {
    await using scope = makeTestScope({ secrets: { TOKEN: 'hunter22' } });
    const store = storeOf(scope);
    const placeholder = scope.secrets.placeholder('TOKEN') ?? '';
    await store('set', { key: 'a', value: `Bearer ${placeholder}` });
    expect(await store('get', { key: 'a' })).toMatchObject({ value: `Bearer ${placeholder}` });
    const file = join(scope.workspace, '..', 'store.sqlite');
    for (const part of ['', '-wal']) expect(readFileSync(file + part).includes('hunter22')).toBe(false);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

describe('entries of store', () => {
  it.each(['', '**', 'a*b', '*a', '/a', 'a b', '../x', 'k'.repeat(300)])('refuses keys %j', (keys) => {
    expect(parseStoreEntry({ keys })).toHaveProperty('problem');
  });

  it('takes a substituted value for exactly itself, or not at all', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b', '*', '/', '.', ':', ' ', '\0', 'é'), maxLength: 6 }),
        (value) => {
          const quoted = quoteStoreText(value, ['keys']);
          const entry = 'text' in quoted ? parseStoreEntry({ keys: `users/${quoted.text}/*` }) : undefined;
          const prefixes = entry !== undefined && 'rule' in entry ? entry.rule.patterns : [];
          expect(prefixes.every((pattern) => pattern.kind === 'prefix' && pattern.prefix === `users/${value}/`)).toBe(
            true,
          );
          expect(value.includes('/') && prefixes.length > 0).toBe(false);
        },
      ),
    );
  });
});
