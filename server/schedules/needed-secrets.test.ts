import { describe, expect, it } from 'vitest';
import { compile } from '../../dsl/index.ts';
import { testCatalogue } from '../../dsl/testing/catalogue.ts';
import { neededSecrets } from './needed-secrets.ts';

function needed(jobs: string, called = ''): readonly string[] {
  const { plan, diagnostics } = compile(`jobs:\n${jobs.replace(/^/gm, '  ')}\n`, {
    file: 'w.yml',
    catalogue: testCatalogue,
    readWorkflow: () => ({ source: called }),
  });
  if (plan === undefined) throw new Error(JSON.stringify(diagnostics));
  return neededSecrets(plan);
}

const step = (value: string) => needed(`a: { steps: [{ run: make, env: { X: "${value}" } }] }`);

describe('neededSecrets', () => {
  it.each([
    ['${{ secrets.TOKEN }}', ['TOKEN']],
    ['${{ secrets.token }}', ['TOKEN']],
    ["${{ secrets['TOKEN'] }}", ['TOKEN']],
    ['Bearer ${{ secrets.TOKEN }} ${{ secrets.OTHER }}', ['OTHER', 'TOKEN']],
    ["${{ format('{0}', secrets.TOKEN) }}", ['TOKEN']],
    ["${{ secrets.TOKEN || '' }}", []],
    ["${{ secrets.TOKEN != '' }}", []],
    ["${{ secrets.TOKEN && 'set' || 'missing' }}", []],
    ['${{ secrets.TOKEN || secrets.OTHER }}', ['OTHER']],
    ["${{ secrets.TOKEN || '' }} ${{ secrets.TOKEN }}", ['TOKEN']],
    ['${{ inputs }}', []],
  ])('of %s', (value, names) => {
    expect(step(value)).toEqual(names);
  });

  it('looks into steps inside of steps', () => {
    const loop =
      'a: { steps: [{ uses: for-each@v1, with: { items: [1], steps: [{ run: x, env: { A: "${{ secrets.A }}" } }] } }] }';
    expect(needed(loop)).toEqual(['A']);
  });

  it('follows calls, under the names outside', () => {
    const called = [
      'on: { workflow_call: { secrets: { KEY: { required: true }, SPARE: {} } } }',
      'jobs: { b: { steps: [{ run: x, env: { S: "${{ secrets.SPARE }}" } }] } }',
    ].join('\n');
    expect(needed('a: { uses: ./c.yml, secrets: { KEY: "${{ secrets.OUTER }}" } }', called)).toEqual(['OUTER']);
    expect(needed('a: { uses: ./c.yml, secrets: inherit }', called)).toEqual(['KEY', 'SPARE']);
  });
});
