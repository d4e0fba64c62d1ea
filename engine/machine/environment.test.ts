import { describe, expect, it } from 'vitest';

import { addLayer, type Environment, emptyEnvironment, withoutMasked } from './environment.ts';
import { pathsOf } from './references.ts';
import { templateOf } from './testing/plans.ts';

function layers(...envs: readonly Readonly<Record<string, string | number | boolean>>[]): Environment {
  return envs.reduce<Environment>((outer, env) => {
    const added = addLayer(outer, templateOf(env), { contexts: { inputs: { x: 'given' } }, secrets: ['TOKEN'] });
    if ('error' in added) throw new Error(added.error.message);
    return added.ok;
  }, emptyEnvironment);
}

describe('layers of env', () => {
  it('become text, and read the layers outside but not their own', () => {
    const { values } = layers({ A: 1, B: true, C: '${{ inputs.x }}' }, { D: '${{ env.C }}', E: '${{ env.D }}' });
    expect(values).toEqual({ A: '1', B: 'true', C: 'given', D: 'given', E: '' });
  });

  it('replace the keys of the layers outside', () => {
    expect(layers({ A: 'outer', B: 'outer' }, { A: 'inner' }).values).toEqual({ A: 'inner', B: 'outer' });
  });

  it('mask a value that reads a secret, itself or through an outer key, and say only whether it is set', () => {
    const env = layers(
      { SET: '${{ secrets.TOKEN }}', UNSET: '${{ secrets.OTHER }}' },
      { HEADER: 'Bearer ${{ env.SET }}', PLAIN: 'x' },
    );
    expect(env.values).toEqual({ SET: '***', UNSET: '', HEADER: 'Bearer ***', PLAIN: 'x' });
    expect(withoutMasked(env)).toEqual({ PLAIN: 'x' });
  });

  it('show a key again that an inner layer gives a plain value, and hide one that reads all of env', () => {
    const env = layers({ KEY: '${{ secrets.TOKEN }}' }, { KEY: 'plain' }, { ALL: '${{ toJSON(env) }}' });
    expect(env.masked).toEqual([]);
    const hidden = layers({ KEY: '${{ secrets.TOKEN }}' }, { ALL: '${{ toJSON(env) }}' });
    expect(hidden.masked).toEqual(['KEY', 'ALL']);
  });

  it('are evaluated only as far as they are read, where it is said what is', () => {
    const layer = templateOf({ GOOD: 'x', BAD: "${{ fromJSON('{') }}" });
    const wanted = pathsOf(templateOf('${{ env.good }}'));
    const added = addLayer(emptyEnvironment, layer, { contexts: {}, secrets: [], wanted });
    expect(added).toEqual({ ok: { values: { GOOD: 'x' }, masked: [] } });
  });

  it('keep keys named like properties of every object', () => {
    const { values } = layers({ ['__proto__']: '${{ inputs.x }}', constructor: 'y' });
    expect(Object.entries(values)).toEqual([
      ['__proto__', 'given'],
      ['constructor', 'y'],
    ]);
  });
});
