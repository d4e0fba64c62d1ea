import { describe, expect, it } from 'vitest';
import type { PlannedEnvironment } from '../../schemas/index.ts';
import { compile } from '../compile.ts';
import { testCatalogue } from '../testing/catalogue.ts';
import { compileMarked, job, steps } from '../testing/mistakes.ts';

const environment = (text: string): string => job(`environment: ${text}\n${steps}`);

function planned(text: string): PlannedEnvironment | undefined {
  const { plan, diagnostics } = compile(environment(text), { file: 'w.yml', catalogue: testCatalogue });
  expect(diagnostics).toEqual([]);
  return plan?.jobs[0]?.environment;
}

describe('environment', () => {
  it.each([
    ['an empty name', environment("▸EMPTY▸''")],
    ['nothing', job(`▸EMPTY▸environment:\n${steps}`)],
    ['a list', environment('▸WRONG_TYPE▸[a]')],
    ['no name', job(`▸MISSING_KEY▸environment: { approval: true }\n${steps}`)],
    ['a misspelt name once', environment('{ ▸UNKNOWN_KEY▸nmae: a }')],
    ['a name that is too long', environment(`▸INVALID_VALUE▸${'a'.repeat(256)}`)],
    ['a step', environment('"${{ ▸CONTEXT_NOT_AVAILABLE▸steps.a }}"')],
    ['a path for an address', environment('{ name: a, url: ▸INVALID_VALUE▸/live }')],
    [
      'an address that would run',
      environment("{ name: a, url: '▸INVALID_VALUE▸javascript:alert(1)' }").replace(
        "'▸INVALID_VALUE▸",
        "▸INVALID_VALUE▸'",
      ),
    ],
    ['a script before an expression', environment("{ name: a, url: ▸INVALID_VALUE▸'javascript:${{ vars.a }}' }")],
    ['an address of no host', environment("{ name: a, url: ▸INVALID_VALUE▸'https://' }")],
    [
      "a step's output in the address",
      environment("{ name: a, url: 'https://${{ ▸CONTEXT_NOT_AVAILABLE▸steps.a.outputs.x }}' }"),
    ],
    ['a word for an approval', environment('{ name: a, approval: ▸WRONG_TYPE▸yes }')],
    ['an approval of nothing', environment('{ name: a, ▸EMPTY▸approval: }')],
    ['an expression for an approval', environment("{ name: a, approval: ▸INVALID_VALUE▸'${{ vars.a }}' }")],
    ['a key that an approval does not have', environment('{ name: a, approval: { ▸UNKNOWN_KEY▸count: 2 } }')],
    ["GitHub's word for approvers", environment('{ name: a, approval: { ▸UNKNOWN_KEY▸reviewers: [b] } }')],
    ['approvers that are nobody', environment('{ name: a, approval: { approvers: ▸EMPTY▸[] } }')],
    ['an approver without a name', environment("{ name: a, approval: { approvers: [b, ▸EMPTY▸''] } }")],
    ['approvers that are a mapping', environment('{ name: a, approval: { approvers: ▸WRONG_TYPE▸{ b: c } } }')],
    ['an approver that is none', environment('{ name: a, approval: { approvers: [▸WRONG_TYPE▸true] } }')],
    ['an approver twice', environment('{ name: a, approval: { approvers: [b, ▸DUPLICATE_ID▸b] } }')],
    ['a timeout without a unit', environment('{ name: a, approval: { timeout: ▸WRONG_TYPE▸24 } }')],
    ['a timeout of nothing', environment('{ name: a, approval: { timeout: ▸INVALID_VALUE▸0s } }')],
    [
      'a timeout that an expression gives',
      environment("{ name: a, approval: { timeout: ▸INVALID_VALUE▸'${{ vars.a }}' } }"),
    ],
  ])('reports %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });

  it('is a name alone', () => {
    expect(planned('production')).toEqual({
      name: { kind: 'literal', value: 'production' },
      at: { file: 'w.yml', line: 3, column: 5 },
    });
  });

  it('is approved by anybody where nobody is named', () => {
    expect(planned('{ name: a, approval: true }')?.approval).toEqual({ approvers: { kind: 'literal', value: [] } });
    expect(planned('{ name: a, approval: {} }')?.approval).toEqual({ approvers: { kind: 'literal', value: [] } });
    expect(planned('{ name: a, approval: false }')).not.toHaveProperty('approval');
  });

  it('is approved by a list of names, one name, or what an expression gives', () => {
    expect(planned('{ name: a, approval: { approvers: [b, 7], timeout: 1h } }')?.approval).toEqual({
      approvers: { kind: 'literal', value: ['b', '7'] },
      timeout_ms: 3_600_000,
    });
    expect(planned('{ name: a, approval: { approvers: b } }')?.approval?.approvers).toEqual({
      kind: 'literal',
      value: ['b'],
    });
    expect(
      planned("{ name: a, approval: { approvers: '${{ fromJSON(vars.team) }}' } }")?.approval?.approvers,
    ).toMatchObject({
      kind: 'expression',
    });
    expect(
      planned("{ name: a, approval: { approvers: [b, 'lead-${{ vars.team }}'] } }")?.approval?.approvers,
    ).toMatchObject({
      kind: 'array',
      items: [{ kind: 'literal', value: 'b' }, { kind: 'text' }],
    });
  });

  it.each(['https://example.com/x', 'http://${{ vars.host }}/', '${{ vars.url }}', 'https://${{ vars.host }}'])(
    'leads to %s',
    (url) => {
      expect(planned(`{ name: a, url: '${url}' }`)?.url).toBeDefined();
    },
  );
});
