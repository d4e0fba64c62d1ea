import { describe, expect, it } from 'vitest';
import type { Plan } from '../schemas/index.ts';
import { compile } from './index.ts';
import { neededSecrets, secretNeeds } from './needed-secrets.ts';
import { testCatalogue } from './testing/catalogue.ts';

function needed(jobs: string, called = ''): readonly string[] {
  return neededSecrets(planOf(jobs, called));
}

function planOf(jobs: string, called = ''): Plan {
  const { plan, diagnostics } = compile(`jobs:\n${jobs.replace(/^/gm, '  ')}\n`, {
    file: 'w.yml',
    catalogue: testCatalogue,
    readWorkflow: () => ({ source: called }),
  });
  if (plan === undefined) throw new Error(JSON.stringify(diagnostics));
  return plan;
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

describe('secretNeeds', () => {
  const conditional = (jobs: string) => secretNeeds(planOf(jobs)).map((need) => need.conditional);
  const reads = 'run: x, env: { A: "${{ secrets.A }}" }';

  it('says where a secret is read', () => {
    const [need] = secretNeeds(
      planOf('a: { steps: [{ run: x, env: { A: "see ${{ format(\'{0}\', secrets.A) }}" } }] }'),
    );
    expect(need).toEqual({ name: 'A', at: { file: 'w.yml', line: 2, column: 59 }, conditional: false });
  });

  it.each([
    ['a condition of the step', `a: { steps: [{ ${reads}, if: vars.x == '1' }] }`],
    ['a condition of the job', `a: { if: vars.x == '1', steps: [{ ${reads} }] }`],
    ['a step around it', `a: { steps: [{ uses: for-each@v1, with: { items: [1], steps: [{ ${reads} }] } }] }`],
    ['leave to fail', `a: { steps: [{ ${reads}, continue-on-error: true }] }`],
    ['a failure before it', `a: { steps: [{ run: y }, { ${reads}, if: failure() }] }`],
  ])('takes one for conditional that is read by something with %s', (_what, jobs) => {
    expect(conditional(jobs)).toEqual([true]);
  });

  it('takes one for certain that is read anyway somewhere', () => {
    expect(conditional(`a: { steps: [{ ${reads}, if: vars.x == '1' }, { ${reads}, if: always() }] }`)).toEqual([false]);
  });
});
