import { describe, expect, it } from 'vitest';
import { compile } from '../compile.ts';
import { testCatalogue } from '../testing/catalogue.ts';
import { compileMarked } from '../testing/mistakes.ts';

const jobs = 'jobs: { a: { steps: [{ run: make }] } }\n';
const inputs = '  manual: { inputs: { tag: { required: true }, count: { type: number, default: 1 } } }\n';
const webhook = (lines: string): string => `on:\n${inputs}  webhook:\n${lines.replace(/^(?=.)/gm, '    ')}\n${jobs}`;

const tag = "inputs: { tag: '${{ webhook.body.ref }}' }";

describe('on.webhook', () => {
  it('is planned', () => {
    const source = webhook(
      `secret: HOOK_SECRET\nfilter: webhook.body.action == 'published' && webhook.headers.x-event == vars.event\n${tag}`,
    );
    const { plan, diagnostics } = compile(source, { file: 'w.yml', catalogue: testCatalogue });
    expect(diagnostics).toEqual([]);
    expect(plan?.triggers?.webhook).toMatchObject({
      secret: 'HOOK_SECRET',
      filter: { expression: { source: "webhook.body.action == 'published' && webhook.headers.x-event == vars.event" } },
      inputs: { kind: 'object', entries: [['tag', { kind: 'expression' }]] },
      at: { line: 3, column: 3 },
    });
  });

  it('has a secret even where it names none', () => {
    const { plan } = compile(`on: [manual, webhook]\n${jobs}`, { file: 'w.yml', catalogue: testCatalogue });
    expect(plan?.triggers).toMatchObject({ schedules: [], webhook: { secret: 'WEBHOOK_SECRET' } });
  });

  it.each([
    ['an expression for the secret', `secret: ▸INVALID_VALUE▸\${{ secrets.HOOK }}\n${tag}`],
    ['a token for the secret', `secret: ▸INVALID_VALUE▸ghp_abcdefghijklmnop\n${tag}`],
    ['random letters for the secret', `secret: ▸INVALID_VALUE▸x8fK2mQ9vR4tY7wZ1nB5\n${tag}`],
    ['what can be no name for the secret', `secret: ▸INVALID_VALUE▸pass word!\n${tag}`],
    ['a number for the secret', `secret: ▸WRONG_TYPE▸12345678\n${tag}`],
    ['an unknown input', "inputs: { tag: a, ▸UNKNOWN_INPUT▸conut: '1' }"],
    ['a value of another type', 'inputs: { tag: a, count: ▸WRONG_TYPE▸x }'],
    ['another context', "inputs: { tag: '${{ ▸CONTEXT_NOT_AVAILABLE▸inputs.tag }}' }"],
    ['a secret in the filter', `${tag}\nfilter: ▸CONTEXT_NOT_AVAILABLE▸secrets.A == ''`],
    ['an unknown property', `${tag}\nfilter: webhook.▸UNKNOWN_PROPERTY▸payload.a`],
    ['a filter with text around', `${tag}\nfilter: ▸CONDITION_TEXT▸\${{ webhook.body.a }} == 'b'`],
    ['a status function in the filter', `${tag}\nfilter: ▸UNKNOWN_FUNCTION▸always()`],
    ['a misspelt key', `${tag}\n▸UNKNOWN_KEY▸filtre: webhook.body.a`],
  ])('reports %s', (_what, lines) => {
    const { marked, reported, diagnostics } = compileMarked(webhook(lines));
    expect(reported).toEqual(marked);
    expect(JSON.stringify(diagnostics)).not.toMatch(/ghp_|x8fK|pass word/);
  });

  it('must give what every run needs', () => {
    const { marked, reported } = compileMarked(`on:\n${inputs}  ▸MISSING_INPUT▸webhook: { secret: HOOK }\n${jobs}`);
    expect(reported).toEqual(marked);
  });

  it('is a context of its own places alone', () => {
    const { marked, reported } = compileMarked(
      'jobs: { a: { if: ▸CONTEXT_NOT_AVAILABLE▸webhook.body, steps: [{ run: x }] } }',
    );
    expect(reported).toEqual(marked);
  });
});
