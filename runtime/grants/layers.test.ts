import { describe, expect, it } from 'vitest';
import type { Json, JsonObject, PermissionLayer, Permissions } from '../../schemas/index.ts';
import { computeGrant } from './compute-grant.ts';
import { filledLayer } from './testing/filled.ts';
import { testGrantRequest } from './testing/grant.ts';

describe('a layer of a workflow file', () => {
  const made = (permissions: Permissions, inputs: JsonObject = {}) =>
    computeGrant({ ...testGrantRequest({ manifest: {} }), layers: [filledLayer({ permissions, inputs })] });

  it.each<[string, Permissions, Json, string]>([
    [
      'a wildcard where nothing can be quoted',
      { net: [{ url: 'https://a.example', methods: ['${{ inputs.x }}'] }] },
      '*',
      '"*"',
    ],
    ['a keyword', { exec: [{ command: 'ls', profile: '${{ inputs.x }}' }] }, 'host', '"host"'],
    [
      'what ends the host',
      { net: [{ url: 'https://${{ inputs.x }}.ok.example/' }] },
      'evil.example/?',
      '"evil.example/?"',
    ],
    ['a list', { fs: [{ read: '${{ inputs.x }}' }] }, ['**'], '["**"]'],
    ['a list in a list', { exec: [{ command: 'ls', args: ['${{ inputs.x }}'] }] }, ['a', 'b'], '["a","b"]'],
    ['an object', { fs: [{ read: 'a/${{ inputs.x }}' }] }, { b: 1 }, '{"b":1}'],
  ])('refuses %s, and says which value, where and what to do', (_what, permissions, x, shown) => {
    const computed = made(permissions, { x });
    expect(computed).toMatchObject({
      error: { code: 'INVALID_INPUT', file: 'ci.yml', line: 7, remedy: expect.stringContaining('one value') },
    });
    expect(computed).toMatchObject({ error: { message: expect.stringContaining(shown) } });
    expect(computed).toMatchObject({
      error: { message: expect.stringMatching(/^permissions, ci\.yml:7 .*`inputs\.x`/) },
    });
  });

  it('takes numbers and truth values where an entry has them, and their texts within a text', () => {
    const entries = {
      fs: [{ write: 'out/${{ inputs.n }}', quota: { files: '${{ inputs.n }}' } }],
      net: [{ url: 'https://a.example', private: '${{ inputs.yes }}' }],
    };
    expect(made(entries, { n: 3, yes: false })).toHaveProperty('grant');
    expect(made(entries, { n: '3', yes: false })).toMatchObject({ error: { code: 'INVALID_INPUT' } });
  });

  it('has no entry that reads what is not there', () => {
    const computed = made({ fs: [{ read: 'a/${{ inputs.x }}' }, { read: 'b' }] });
    expect(computed).toMatchObject({ grant: { dropped: [{ capability: 'fs', from: { layer: 'step' } }] } });
  });

  it('means what is written as it is written, also where a value looks like an expression', () => {
    const computed = made({ fs: [{ read: '${{ inputs.x }}' }] }, { x: '${{ inputs.y }}', y: '**' });
    expect(JSON.stringify('grant' in computed && computed.grant.capabilities.get('fs'))).toContain('inputs.y');
  });

  it('is not taken where it was written before values were kept apart', () => {
    const old = { layer: 'job', permissions: { fs: [{ read: '**' }] }, at: { file: 'ci.yml', line: 7, column: 5 } };
    // As a journal of the time gives it.
    const layers = [old as unknown as PermissionLayer];
    expect(computeGrant({ ...testGrantRequest({ manifest: {} }), layers })).toMatchObject({
      error: { code: 'RUN_STATE', file: 'ci.yml' },
    });
  });
});
