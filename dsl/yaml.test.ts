import { describe, expect, it } from 'vitest';
import { compile } from './index.ts';
import { testCatalogue } from './testing/catalogue.ts';
import { compileMarked, job, step, steps } from './testing/mistakes.ts';

function compileFile(source: Uint8Array | string): ReturnType<typeof compile> {
  return compile(source, { file: 'test.yml', catalogue: testCatalogue });
}

/** `CODE line:column` of everything that is reported. */
function report(source: Uint8Array | string): readonly string[] {
  return compileFile(source).diagnostics.map(({ code, line, column }) => `${code} ${line}:${column}`);
}

const workflow = 'on: manual\njobs: { a: { steps: [{ run: x }] } }\n';

describe('anchors, aliases and merge keys', () => {
  it('follows aliases', () => {
    const { plan } = compileFile(`
jobs:
  a: { env: &env { A: 1 }, steps: &steps [{ run: x }] }
  b: { env: *env, steps: *steps }
`);
    expect(plan?.jobs[1]?.env).toEqual(plan?.jobs[0]?.env);
    expect(plan?.jobs[1]?.steps).toEqual(plan?.jobs[0]?.steps);
  });

  it('merges mappings: what is written wins, then what is merged first', () => {
    const { plan } = compileFile(`
jobs:
  a: { env: &one { A: 1, B: 1 }, steps: [{ run: x }] }
  b: { env: &two { B: 2, C: 2 }, steps: [{ run: x }] }
  c: { env: { <<: [*one, *two], C: 3 }, steps: [{ run: x }] }
`);
    expect(plan?.jobs[2]?.env).toEqual({ kind: 'literal', value: { C: '3', A: '1', B: '1' } });
  });

  it('reports a mistake once, where the anchor is', () => {
    const { marked, reported } = compileMarked(`
jobs:
  a:
    steps: &steps
      - run: echo \${{ ▸UNKNOWN_CONTEXT▸nothing.x }}
  b: { steps: *steps }
  c: { steps: *steps }
`);
    expect(reported).toEqual(marked);
  });

  it('takes << for a text where it is quoted', () => {
    expect(report('"<<": {}\njobs: { a: { steps: [{ run: x }] } }')).toEqual(['UNKNOWN_KEY 1:1']);
  });

  it.each([
    ['an alias without its anchor', 'jobs: ▸YAML_SYNTAX▸*nowhere'],
    ['one before a comment of a blank', 'jobs: ▸YAML_SYNTAX▸*nowhere #\u00A0'],
    ['one whose name goes on behind a byte order mark', 'jobs: ▸YAML_SYNTAX▸*now\uFEFFhere'],
    ['a text that begins like an alias', `${job(steps)}on:\n  schedule:\n    - cron: ▸YAML_SYNTAX▸*/15 * * * *\n`],
    ['a text that begins with an alias', `${job('env: &a { A: b }\n' + steps)}run-name: ▸YAML_SYNTAX▸*a and more\n`],
    ['an alias within its own anchor', 'jobs: { a: &a { steps: [▸YAML_ALIAS_BOMB▸*a] } }'],
    ['a merge of a text', 'jobs: { a: { steps: [{ run: x, <<: ▸YAML_UNSUPPORTED▸text }] } }'],
    ['a merge of a list in a list', 'jobs: { a: { steps: [{ run: x, <<: [▸YAML_UNSUPPORTED▸[]] }] } }'],
  ])('reports %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });

  it('stops an alias bomb at the alias that makes it one', () => {
    const levels = Array.from({ length: 12 }, (_, level) => {
      const item = level === 0 ? 'x' : `*l${level - 1}`;
      return `l${level}: &l${level} [${Array(10).fill(item).join(', ')}]`;
    });
    const reports = report(`${levels.join('\n')}\n${workflow}`);
    expect(reports.filter((line) => line.startsWith('YAML_ALIAS_BOMB'))).toHaveLength(1);
  });

  it('stops merge keys that multiply', () => {
    const wide = Array.from({ length: 2_000 }, (_, index) => `k${index}: v`).join(', ');
    const merges = Array.from({ length: 200 }, (_, index) => `m${index}: { <<: *wide }`).join('\n');
    expect(report(`wide: &wide { ${wide} }\n${merges}\n${workflow}`)).toEqual(
      expect.arrayContaining([expect.stringContaining('YAML_ALIAS_BOMB')]),
    );
  });
});

describe("what YAML allows and workflow files don't", () => {
  it.each([
    ['a duplicate key', 'on: manual\n▸YAML_DUPLICATE_KEY▸on: manual\njobs: { a: { steps: [{ run: x }] } }'],
    ['a tag', 'jobs: { a: { steps: [{ run: ▸YAML_UNSUPPORTED▸!include x }] } }'],
    ['a tag of YAML 1.1', 'jobs: { a: { steps: [{ run: ▸YAML_UNSUPPORTED▸!!binary eA== }] } }'],
    ['a condition that begins with !', 'jobs: { a: { if: ▸YAML_UNSUPPORTED▸!cancelled(), steps: [{ run: x }] } }'],
    ['a ! before a space', 'jobs: { a: { if: ▸YAML_UNSUPPORTED▸! cancelled(), steps: [{ run: x }] } }'],
    ['a second document', `${workflow}▸YAML_UNSUPPORTED▸---\n${workflow}`],
    ['a directive for YAML 1.1', `▸YAML_UNSUPPORTED▸%YAML 1.1\n---\n${workflow}`],
    ['a list as a key', 'jobs: { ? ▸YAML_UNSUPPORTED▸[a] : b, a: { steps: [{ run: x }] } }'],
    ["a number that JSON can't hold", 'jobs: { a: { env: { A: ▸INVALID_VALUE▸.inf }, steps: [{ run: x }] } }'],
    ['a tab as indentation', 'jobs:\n▸YAML_TAB▸\ta: { steps: [{ run: x }] }'],
    ['a text that is not closed', 'on: manual\njobs: { a: { steps: [{ run: ▸YAML_SYNTAX▸"x }] } }\n'],
    [
      'a text that is closed by the quote of another',
      "on: manual\nname: ▸YAML_SYNTAX▸'x\njobs: { a: { steps: [{ run: 'x' }] } }",
    ],
    ['brackets that are not closed', job(`env: ▸YAML_SYNTAX▸{ A: b\n${steps}`)],
    ['brackets that are not closed at the end of the file', 'jobs:\n  a:\n    steps: ▸YAML_SYNTAX▸[{ run: x }\n'],
    ['a value that begins with @', 'jobs: { a: { steps: [{ run: ▸YAML_SYNTAX▸@x }] } }'],
    ['an unknown escape', 'jobs: { a: { steps: [{ run: "a▸YAML_SYNTAX▸\\q" }] } }'],
    ['an expression in braces without quotes', 'on: manual\njobs: { a: { steps: [{ run: ▸YAML_SYNTAX▸${{ x }} }] } }'],
    ['a line that is no key', 'on: manual\n▸YAML_SYNTAX▸oops\njobs: { a: { steps: [{ run: x }] } }'],
    ['two colons in a line', 'on: manual\nname: ▸YAML_SYNTAX▸a: b\njobs: { a: { steps: [{ run: x }] } }'],
    ['a key that is indented less than its siblings', 'jobs:\n  a:\n      if: vars.x\n     ▸YAML_SYNTAX▸steps: []'],
    ['a key that is indented more than its siblings', step('run: x\n  ▸YAML_SYNTAX▸name: x')],
    ['a key between a step and its keys', `${step('run: x')}       ▸YAML_SYNTAX▸name: x`],
    ['a step that is indented more than its siblings', `${job('steps:\n- run: x')}      ▸YAML_SYNTAX▸- run: x`],
    [
      'a brace in a plain text between brackets, once',
      job('defaults: { run: { shell: bash ▸YAML_SYNTAX▸{0}, working-directory: a } }\nsteps:\n  - run: x\n  - run: y'),
    ],
    ['a comma that is missing', step('run: x\nenv: { A: ▸YAML_SYNTAX▸b C: d }')],
    ['a tab that slipped in', `${step('run: x')}        ▸YAML_TAB▸\tname: x`],
    ['a tab where a block text goes on', `${step('run: |\n  x')}▸YAML_TAB▸\ty\n`],
    ['a tab as deep as four spaces, without an echo', 'jobs:\n  a:\n▸YAML_TAB▸\tsteps:\n      - run: x\n'],
  ])('reports %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });

  it('says how to write a condition that begins with !', () => {
    const { diagnostics } = compileFile('jobs: { a: { if: !cancelled(), steps: [{ run: x }] } }');
    expect(diagnostics[0]?.remedy).toContain('${{ !cancelled() }}');
  });

  it('keeps the booleans of YAML 1.1 as texts, and says what was meant', () => {
    const { diagnostics } = compileFile('jobs: { a: { steps: [{ run: x, continue-on-error: yes }] } }');
    expect(diagnostics).toMatchObject([{ code: 'WRONG_TYPE', remedy: expect.stringContaining('`true`') }]);
    const { plan } = compileFile('jobs: { a: { env: { A: yes, B: on }, steps: [{ run: x }] } }');
    expect(plan?.jobs[0]?.env).toEqual({ kind: 'literal', value: { A: 'yes', B: 'on' } });
  });

  it('takes core tags, comments, CRLF and a %YAML 1.2 directive', () => {
    expect(
      report(`%YAML 1.2\r\n---\r\n# why\r\nname: !!str 3\r\njobs: { a: { steps: [{ run: x }] } }\r\n...\r\n`),
    ).toEqual([]);
  });

  it("still reports what stands before YAML that it can't understand, and nothing that may be its echo", () => {
    const { marked, reported } = compileMarked(`▸UNKNOWN_KEY▸nmae: x
jobs:
  a:
    steps:
      - run: x
  b: { name: ▸YAML_SYNTAX▸"x }
`);
    expect(reported).toEqual(marked);
  });

  it('goes on after mistakes of YAML whose likeliest reading is clear', () => {
    const { marked, reported } = compileMarked(`▸UNKNOWN_KEY▸nmae: x
jobs:
  a:
    steps:
      - run: ▸YAML_SYNTAX▸echo a: b
        name: swallowed
      - run: x
        ▸UNKNOWN_KEY▸nmae: x
  b:
      runs-on: local
     ▸YAML_SYNTAX▸steps: [{ run: x }]
  c:
    needs: [▸UNKNOWN_NEED▸d]
    steps:
      - uses: ▸MISSING_INPUT▸checkout@v1
      - ▸MISSING_KEY▸name: x
`);
    expect(reported).toEqual(marked);
  });

  it('reports what else is wrong in a file with tabs, at its columns in the file', () => {
    const { marked, reported } = compileMarked(`jobs:
▸YAML_TAB▸\ta:
▸YAML_TAB▸\t\tsteps:
▸YAML_TAB▸\t\t\t- run: |
\t\t\t\techo \${{ ▸UNKNOWN_CONTEXT▸nothing.x }}
\t\t\t  ▸UNKNOWN_KEY▸nmae: x
`);
    expect(reported).toEqual(marked);
  });
});

describe('bytes that are no text', () => {
  const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

  it.each([
    ['a byte that is not UTF-8', bytes(`${workflow}name: \xe9\n`), '3:7'],
    ['a character that is cut off', bytes(`${workflow}# \xf0\x9f`), '3:3'],
    ['an overlong character', bytes('name: \xc0\xaf'), '1:7'],
    [
      'UTF-16, little-endian',
      bytes(`\xff\xfe${Array.from(workflow, (character) => `${character}\0`).join('')}`),
      '1:1',
    ],
    ['UTF-16, big-endian', bytes(`\xfe\xff${Array.from(workflow, (character) => `\0${character}`).join('')}`), '1:1'],
    ['UTF-16 without a byte order mark', bytes(Array.from(workflow, (character) => `${character}\0`).join('')), '1:2'],
    ['NUL', bytes('name: a\0b'), '1:8'],
    ['an escape character', bytes('on: manual\nname: a\x1b[31m'), '2:8'],
    ['a carriage return within a line', bytes('name: a\rb'), '1:8'],
    ['a control character that reorders text', 'name: a\u202eb', '1:8'],
    ['half a surrogate pair', 'name: \ud83d.', '1:7'],
  ])('refuses %s', (_what, source, place) => {
    expect(report(source)).toEqual([`ENCODING ${place}`]);
  });

  it('refuses an empty file, one of comments, and one that is no mapping', () => {
    expect(report('')).toEqual(['EMPTY 1:1']);
    expect(report('# nothing\n')).toEqual(['EMPTY 1:1']);
    expect(report('---\n')).toEqual(['EMPTY 1:1']);
    expect(report('just text')).toEqual(['WRONG_TYPE 1:1']);
    expect(report('- a list')).toEqual(['WRONG_TYPE 1:1']);
  });
});

describe('files that would take long', () => {
  it.each([
    ['10 MB', 'a: b\n'.repeat(2_000_000), 'FILE_TOO_LARGE 1:1'],
    ['10 MB of bytes', new Uint8Array(10_000_000).fill(0x20), 'FILE_TOO_LARGE 1:1'],
    ['too many words', `a: [${'b, '.repeat(100_000)}]`, 'FILE_TOO_LARGE 1:187500'],
    ['10,000 levels of lists in brackets', '['.repeat(10_000), 'YAML_TOO_DEEP 1:100'],
    ['10,000 levels of mappings in braces', `a: ${'{ a: '.repeat(10_000)}`, 'YAML_TOO_DEEP 1:494'],
    ['10,000 levels of lists in one line', `${'- '.repeat(10_000)}x`, 'YAML_TOO_DEEP 1:199'],
    [
      '1,000 levels of indentation',
      Array.from({ length: 1_000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
      'YAML_TOO_DEEP 100:100',
    ],
  ])('refuses %s', (_what, source, expected) => {
    expect(report(source)).toEqual([expected]);
  });

  it.each([
    ['closing braces', '}'.repeat(50_000)],
    ['quotes', `a: {${'"'.repeat(50_000)}`],
    ['anchors', '&a '.repeat(29_000)],
    ['directives', '%a\n'.repeat(29_000)],
    ['documents', '--- a\n'.repeat(25_000)],
    ['keys of one mapping', Array.from({ length: 14_000 }, (_, index) => `k${index}: v`).join('\n')],
    ['one long line', `name: ${'x'.repeat(500_000)}`],
    [
      'one long text with an expression',
      `name: x\nenv:\n  A: |\n${'    word word\n'.repeat(30_000)}    \${{ vars.x }}\n`,
    ],
    ['a hundred thousand spaces', `a: "${' '.repeat(400_000)}\${{ x }}"`],
  ])('answers for a file of nothing but %s', (_what, source) => {
    expect(report(source).length).toBeGreaterThan(0);
  });
});
