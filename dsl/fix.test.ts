import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../schemas/index.ts';
import { compile, type FixedSource, fixSource } from './index.ts';
import { testCatalogue } from './testing/catalogue.ts';
import { job, step, steps } from './testing/mistakes.ts';

const read = (text: string): ReturnType<typeof compile> =>
  compile(text, { file: 'test.yml', catalogue: testCatalogue });
const fix = (source: string): FixedSource => fixSource(source, read);

/** What, the file with `wrong » right` in it. */
type Case = readonly [what: string, file: string];

const inputs = 'on: { manual: { inputs: { tag: { type: string }, count: { type: number } } } }';

const cases: readonly Case[] = [
  ['a misspelt key of the workflow', `«nmae»name»: x\n${job(steps)}`],
  ['a misspelt key of a job', job(`«run-on»runs-on»: local\n${steps}`)],
  ['a key with underscores', step('run: x\n«continue_on_error»continue-on-error»: true')],
  ['a key in camel case', job(`«timeoutMinutes»timeout-minutes»: 5\n${steps}`)],
  ['a key of another workflow language', step('run: x\n«when»if»: success()')],
  ['a quoted key, within its quotes', `{«"nmae"»"name"»:"x","jobs":{"a":{"steps":[{"run":"x"}]}}}`],
  ['a misspelt need', `jobs:\n  build: { ${steps} }\n  test:\n    needs: [«biuld»build»]\n    ${steps}\n`],
  ['a misspelt node', step('uses: «chekout@v1»checkout@v1»\nwith: { repository: x }')],
  ['a node without its version', step('uses: «checkout»checkout@v1»\nwith: { repository: x }')],
  ['a misspelt input', step('uses: checkout@v1\nwith: { repository: x, «dpeth»depth»: 1 }')],
  ['a misspelt word of an input', step('uses: http@v1\nwith: { url: "https://x", method: «PSOT»POST» }')],
  ['a word in the wrong letter case', step('uses: http@v1\nwith: { url: "https://x", method: «get»GET» }')],
  ['a misspelt shell', step('run: x\nshell: «bsah»bash»')],
  ['a misspelt type', `on: { manual: { inputs: { a: { type: «strng»string» } } } }\n${job(steps)}`],
  ['a misspelt class of retries', step('run: x\nretry: { on: [«timout»timeout»] }')],
  ['a misspelt trigger', `on: «manaul»manual»\n${job(steps)}`],
  ['a misspelt capability', step('run: x\npermissions: { «nett»net»: [{ url: "https://x/*" }] }')],
  ['a misspelt key of a permission', step('run: x\npermissions: { net: [{ «ulr»url»: "https://x/*" }] }')],
  [
    'a misspelt axis to exclude',
    job(`strategy: { matrix: { node: [1, 2], exclude: [{ «ndoe»node»: 1 }] } }\n${steps}`),
  ],
  [
    'a misspelt context',
    step('run: x\nif: «inptus»inputs».a == 1').replace('jobs:', `on: { manual: { inputs: { a: } } }\njobs:`),
  ],
  ['a misspelt property', `${inputs}\n${step('run: x\nif: inputs.«tga»tag» == 1')}`],
  ['a misspelt function', step('run: x\nif: «sucess»success»()')],
  ['a literal in the wrong letter case', step('run: x\nif: vars.a == «True»true»')],
  ['one = for two', step('run: x\nif: vars.a «=»==» 1')],
  ['one & for two', step('run: x\nif: vars.a «&»&&» vars.b')],
  ['and', step('run: x\nif: vars.a «and»&&» vars.b')],
  ['or', step('run: x\nif: vars.a «or»||» vars.b')],
  ['not', step('run: x\nif: vars.a && «not »!»cancelled()')],
  ['not at the beginning of a value', step('run: x\nif: «not »${{ !»cancelled()«» }}»')],
  ['a text in double quotes', step(`run: x\nif: vars.a == «"b"»'b'»`)],
  ['the same in single quotes of YAML', step(`run: x\nif: 'vars.a == «"b"»''b''»'`)],
  ['a comma after the last argument', step(`run: x\nif: contains(vars.a, 'b'«,»»)`)],
  ['a condition with text around its expression', step("run: x\nif: «${{ vars.a }} == 'b'»${{ vars.a == 'b' }}»")],
  ['the same in quotes', step(`run: x\nif: «"\${{ vars.a }} == 'b'"»"\${{ vars.a == 'b' }}"»`)],
  ['a condition that begins with !', step('run: x\nif: «!cancelled()»${{ !cancelled() }}»')],
  ['an expression between brackets', step("run: x\nenv: { A: «${{ vars.a }}»'${{ vars.a }}'» }")],
  ['yes for true', step('run: x\ncontinue-on-error: «yes»true»')],
  ['a boolean in quotes', job(`strategy: { matrix: { a: [1] }, fail-fast: «"false"»false» }\n${steps}`)],
  ['a number in quotes', step('run: x\ntimeout-minutes: «"5"»5»')],
  ['minutes with their unit', job(`timeout-minutes: «10m»10»\n${steps}`)],
  ['minutes with their unit in quotes', step('run: x\ntimeout-minutes: «"5 min"»5»')],
  ['a number where a text belongs', `name: «5»'5'»\n${job(steps)}`],
  [
    'a default of the wrong type',
    `on: { manual: { inputs: { a: { type: number, default: «"3"»3» } } } }\n${job(steps)}`,
  ],
  [
    'a default that is no option',
    `on: { manual: { inputs: { a: { type: choice, options: [staging, live], default: «stagign»staging» } } } }\n${job(steps)}`,
  ],
  ['a number whose text is another', job(`env: { A: «1.10»'1.10'» }\n${steps}`)],
  ['a tab', 'jobs:\n  a:\n«\t»    »steps: [{ run: x }]\n'],
  ['a value that begins with @', `name: «@all»'@all'» # to all\n${job(steps)}`],
  ['a backslash that escapes nothing', `name: "a«»\\»\\d"\n${job(steps)}`],
];

const wrong = (file: string): string => file.replaceAll(/«([^»]*)»([^»]*)»/gs, '$1');
const right = (file: string): string => file.replaceAll(/«([^»]*)»([^»]*)»/gs, '$2');

describe('fixSource', () => {
  it.each(cases)('corrects %s, and nothing else', (_what, file) => {
    const { text, fixed, result } = fix(wrong(file));
    expect(text).toBe(right(file));
    expect(fixed.length).toBeGreaterThan(0);
    expect(result.plan).toBeDefined();
  });

  it('keeps comments, blank lines, CRLF and a byte order mark', () => {
    const source = '\uFEFF# a file\r\nnmae: x   # its name\r\n\r\njobs:\r\n  a:   { steps: [ { run: x } ] }  # one\r\n';
    expect(fix(source).text).toBe(source.replace('nmae', 'name'));
  });

  it.each([
    ['two guesses are as good', step('uses: checkout@v1\nwith: { repository: x }\nretry: { on: [lo] }')],
    ['the key that was meant is there already', `name: x\nnmae: y\n${job(steps)}`],
    ["the node is another owner's", step('uses: actions/checkout@v4')],
    [
      'the step that was meant comes later',
      job('steps:\n  - { run: "${{ steps.one.outputs.x }}" }\n  - { id: one, run: x }'),
    ],
    [
      'there are hundreds of names',
      `jobs:\n  last: { needs: jbo, ${steps} }\n  job: { ${steps} }\n${Array.from({ length: 200 }, (_, index) => `  other${index}: { ${steps} }\n`).join('')}`,
    ],
    ['the value means nothing', step('run: x\ntimeout-minutes: soon')],
  ])('leaves alone what is unclear: %s', (_what, source) => {
    expect(fix(source)).toMatchObject({ text: source, fixed: [] });
  });

  it('corrects a value once that several places share by an alias', () => {
    const source = job('steps:\n  - { run: x, env: &e { A: 1.10 } }\n  - { run: y, env: *e }');
    expect(fix(source).text).toBe(source.replace('1.10', "'1.10'"));
  });

  it('corrects what a first fix brings to light', () => {
    const source = `${step('run: x\nenv: { A: ${{ vars.a }}, B: ${{ vars.b }} }')}nmae: x\n`;
    const { text } = fix(source);
    expect(text).toBe(`${step("run: x\nenv: { A: '${{ vars.a }}', B: '${{ vars.b }}' }")}name: x\n`);
  });

  it("undoes a fix that doesn't make the file better", () => {
    const place = { line: 1, column: 1 };
    const stubborn = {
      severity: 'error',
      code: 'EMPTY',
      message: '',
      remedy: '',
      fix: { description: '', edits: [{ start: place, end: place, text: 'x' }] },
    } as const;
    let reads = 0;
    const { text, fixed } = fixSource('a', () => {
      reads += 1;
      return { diagnostics: [stubborn] };
    });
    expect({ text, fixed, reads }).toEqual({ text: 'a', fixed: [], reads: 2 });
  });

  it("makes the fixes that do good where one of them doesn't", () => {
    const slip = (column: number, text: string): Diagnostic => ({
      severity: 'error',
      code: 'UNKNOWN_KEY',
      message: '',
      remedy: '',
      fix: { description: '', edits: [{ start: { line: 1, column }, end: { line: 1, column: column + 1 }, text }] },
    });
    const letters = 'abcdefgh';
    // `d` becomes something that is wrong many times over.
    const { text } = fixSource(letters, (read) => ({
      diagnostics: Array.from(read).flatMap((letter, index) => {
        if (letter === '!') return Array.from(letters, () => slip(index + 1, '!'));
        return letter === '.' ? [] : [slip(index + 1, letter === 'd' ? '!' : '.')];
      }),
    }));
    expect(text).toBe('...d....');
  });

  it('corrects thousands of slips in one go', () => {
    const source = job(`steps:\n${'  - { run: x, nmae: y }\n'.repeat(2_000)}`);
    let reads = 0;
    const { fixed } = fixSource(source, (text) => {
      reads += 1;
      return read(text);
    });
    expect({ fixed: fixed.length, reads }).toEqual({ fixed: 2_000, reads: 2 });
  });

  it('ends, and leaves no file worse, whatever the file', () => {
    const pieces = cases.map(([, file]) => wrong(file));
    const mutation = fc.tuple(
      fc.constantFrom(...pieces),
      fc.nat(400),
      fc.constantFrom('', '\t', '"', '${{', '}', ':', '\n'),
    );
    fc.assert(
      fc.property(mutation, ([source, at, inserted]) => {
        const mutated = source.slice(0, at) + inserted + source.slice(at + 1);
        const { text, fixed, result } = fix(mutated);
        expect(read(text).diagnostics).toEqual(result.diagnostics);
        expect(text === mutated).toBe(fixed.length === 0);
      }),
      { numRuns: 200 },
    );
  });
});
