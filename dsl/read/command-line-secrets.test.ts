import { describe, expect, it } from 'vitest';
import type { NodeCatalogue } from '../api.ts';
import { compile } from '../index.ts';
import { testCatalogue } from '../testing/catalogue.ts';
import { compileMarked, step } from '../testing/mistakes.ts';

describe('secrets on command lines', () => {
  it.each([
    ['a script', step('run: curl -u ${{ ▸SECRET_ON_COMMAND_LINE▸secrets.TOKEN }} x')],
    ['a text that is made of one', step("run: echo ${{ ▸SECRET_ON_COMMAND_LINE▸format('{0}', secrets.TOKEN) }}")],
    ['a block', step('run: |\n  make\n  curl -u ${{ ▸SECRET_ON_COMMAND_LINE▸secrets.TOKEN }} x')],
  ])('are told in %s', (_what, source) => {
    const { marked, reported, diagnostics } = compileMarked(source);
    expect(reported).toEqual(marked);
    expect(diagnostics[0]).toMatchObject({ severity: 'warning', remedy: expect.stringContaining('"$TOKEN"') });
  });

  it('are told in the arguments of a command', () => {
    const catalogue: NodeCatalogue = {
      ...testCatalogue,
      find: (uses) =>
        uses === 'exec@v1'
          ? {
              node: {
                uses,
                description: 'Runs a program.',
                runtime: 'isolate',
                inputs: { command: { type: 'string' }, args: { type: 'array' }, token: { type: 'string' } },
                outputs: {},
                dynamic_outputs: false,
              },
            }
          : testCatalogue.find(uses),
    };
    const source = step(
      "uses: exec@v1\nwith: { command: curl, args: [-u, '${{ secrets.a-b }}'], token: '${{ secrets.T }}' }",
    );
    const { diagnostics } = compile(source, { file: 'test.yml', catalogue });
    expect(diagnostics.map(({ code, line, column }) => `${code} ${line}:${column}`)).toEqual([
      'SECRET_ON_COMMAND_LINE 5:48',
    ]);
    expect(diagnostics[0]?.remedy).toContain('A_B: ');
  });

  it.each([
    ['where it is set as a variable', step('run: curl -u "$TOKEN" x\nenv: { TOKEN: \'${{ secrets.TOKEN }}\' }')],
    [
      'in inputs that are no command',
      step("uses: checkout@v1\nwith: { repository: 'https://x.example/${{ secrets.TOKEN }}' }"),
    ],
  ])('are fine %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });
});
