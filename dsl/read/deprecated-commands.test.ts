import { describe, expect, it } from 'vitest';
import { compile, fixSource } from '../index.ts';
import { testCatalogue } from '../testing/catalogue.ts';
import { compileMarked, step } from '../testing/mistakes.ts';

describe("commands for GitHub's runner of old", () => {
  it.each([
    ['an output', step('run: echo "▸DEPRECATED▸::set-output name=tag::v1"'), 'WATERFLOW_OUTPUT'],
    ['a state', step('run: echo "▸DEPRECATED▸::save-state name=a::b"'), 'WATERFLOW_OUTPUT'],
    ['a variable', step('run: echo "▸DEPRECATED▸::set-env name=A::b"'), '$WATERFLOW_ENV'],
    ['a path', step('run: "echo ▸DEPRECATED▸::add-path::/opt/bin"'), '$WATERFLOW_PATH'],
    [
      'each of several',
      step(
        'run: |\n  echo "▸DEPRECATED▸::set-output name=a::1"\n  # ::set-output name=b::2\n  printf "▸DEPRECATED▸::set-output name=c::3"',
      ),
      '',
    ],
    ['a script under with', step('uses: run@v1\nwith: { script: \'echo "▸DEPRECATED▸::set-output name=a::1"\' }'), ''],
  ])('are told where they print %s', (_what, source, remedy) => {
    const { marked, reported, diagnostics } = compileMarked(source);
    expect(reported).toEqual(marked);
    expect(diagnostics[0]?.remedy).toContain(remedy);
  });

  it.each([
    ['that only decorate the log', step('run: echo "::group::build"; echo "::warning::slow"; echo "::add-mask::x"')],
    ['that only look like one', step('run: "Foo::set-outputs name"')],
  ])('are not told %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });

  it('are rewritten where the line does nothing else', () => {
    const source = step(
      'run: |\n  echo "::set-output name=tag::v$VERSION"\n    echo \'::set-output name=b::it is\'\n  echo ::set-output name=c::plain\n  echo "::set-output name=d::$(date)" && make\n  echo "::set-output name=e::a"b\n',
    );
    const { text, fixed } = fixSource(source, (read) => compile(read, { file: 'test.yml', catalogue: testCatalogue }));
    expect(fixed).toHaveLength(3);
    expect(text).toContain('          echo "tag=v$VERSION" >> "$WATERFLOW_OUTPUT"\n');
    expect(text).toContain('            echo \'b=it is\' >> "$WATERFLOW_OUTPUT"\n');
    expect(text).toContain('          echo "c=plain" >> "$WATERFLOW_OUTPUT"\n');
    expect(text).toContain('echo "::set-output name=d::$(date)" && make\n');
  });
});
