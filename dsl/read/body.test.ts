import { describe, expect, it } from 'vitest';
import type { PlannedStep } from '../../schemas/index.ts';
import { compile } from '../compile.ts';
import { fixSource } from '../fix.ts';
import { testCatalogue } from '../testing/catalogue.ts';
import { compileMarked, job, step } from '../testing/mistakes.ts';

/** The steps of a job's plan; what is wrong with the file fails the test. */
function stepsOf(lines: string): readonly PlannedStep[] {
  const { plan, diagnostics } = compile(job(lines), { file: 'test.yml', catalogue: testCatalogue });
  expect(diagnostics).toEqual([]);
  return plan?.jobs[0]?.steps ?? [];
}

/** What is said of a file: messages and remedies. */
function saidOf(source: string): readonly string[] {
  return compileMarked(source).diagnostics.map(({ message, remedy }) => `${message}. ${remedy}`);
}

const branch = `steps:
  - id: test
    run: make test
  - id: gate
    uses: if@v1
    with:
      condition: steps.test.outputs.ok == 'true'
      then:
        - id: deploy
          run: make deploy
          env: { TOKEN: '\${{ secrets.TOKEN }}' }
        - run: echo "$URL"
          env: { URL: '\${{ steps.deploy.outputs.url }}' }
      else:
        - run: make report
      outputs:
        url: \${{ steps.deploy.outputs.url }}
  - run: echo "$URL"
    env: { URL: '\${{ steps.gate.outputs.url }}' }
`;

const loop = `steps:
  - id: loop
    uses: for-each@v1
    with:
      items: [{ name: north }, { name: south }]
      concurrency: 2
      fail-fast: false
      steps:
        - id: build
          run: make "$REGION"
          env: { REGION: '\${{ each.value.name }}', NUMBER: '\${{ each.index }}' }
      outputs:
        url: \${{ steps.build.outputs.url }}
  - run: echo "$FIRST" "$ALL" "$LINKS"
    env:
      FIRST: \${{ steps.loop.outputs.url[0] }}
      ALL: \${{ join(steps.loop.outputs.url, ', ') }}
      LINKS: \${{ join(steps.loop.outputs.url.*.link, ', ') }}
`;

describe('if@v1', () => {
  it('holds full steps, whose keys are unique within it', () => {
    const gate = stepsOf(branch)[1];
    expect(gate).toMatchObject({
      key: 'gate',
      kind: 'control',
      with: { kind: 'literal', value: {} },
      outputs: ['url'],
      body: {
        kind: 'if',
        condition: { expression: { source: "steps.test.outputs.ok == 'true'" }, calls_status_function: false },
        outputs: { kind: 'object', entries: [['url', { kind: 'expression' }]] },
      },
    });
    if (gate?.body?.kind !== 'if') throw new Error('no if');
    expect(gate.body.then.map(({ key, kind }) => [key, kind])).toEqual([
      ['deploy', 'plugin'],
      ['1', 'plugin'],
    ]);
    expect(gate.body.else.map(({ key }) => key)).toEqual(['2']);
    expect(gate.body.then[1]?.references).toEqual([['steps', 'deploy', 'outputs', 'url']]);
    expect(gate.references).toEqual([
      ['steps', 'test', 'outputs', 'ok'],
      ['steps', 'deploy', 'outputs', 'url'],
    ]);
  });

  it('needs no else and no outputs', () => {
    const [gate] = stepsOf('steps:\n  - uses: if@v1\n    with: { condition: vars.a, then: [{ run: make }] }');
    expect(gate?.body).toMatchObject({ kind: 'if', else: [], outputs: { kind: 'literal', value: {} } });
    expect(gate?.outputs).toEqual([]);
  });

  it.each([
    ['with', "condition: '${{ vars.a }}'"],
    ['without', 'condition: vars.a'],
  ])('takes a condition %s braces', (_what, condition) => {
    const [gate] = stepsOf(`steps:\n  - uses: if@v1\n    with: { ${condition}, then: [{ run: make }] }`);
    expect(gate?.body).toMatchObject({ condition: { expression: { source: 'vars.a' } } });
  });

  it('knows a condition that asks for the status, or for files', () => {
    const [gate] = stepsOf(
      "steps:\n  - uses: if@v1\n    with: { condition: \"failure() && hashFiles('a') != ''\", then: [{ run: make }] }",
    );
    expect(gate?.body).toMatchObject({ condition: { calls_status_function: true, on_agent: true } });
  });
});

describe('for-each@v1', () => {
  it('holds the steps of an iteration, and gives lists', () => {
    const [each] = stepsOf(loop);
    expect(each?.body).toMatchObject({
      kind: 'for-each',
      items: { kind: 'literal', value: [{ name: 'north' }, { name: 'south' }] },
      concurrency: { kind: 'literal', value: 2 },
      fail_fast: { kind: 'literal', value: false },
      steps: [
        {
          key: 'build',
          references: [
            ['each', 'value', 'name'],
            ['each', 'index'],
          ],
        },
      ],
    });
  });

  it('runs one iteration after the other and stops at the first that fails, where nothing else is said', () => {
    const [each] = stepsOf('steps:\n  - uses: for-each@v1\n    with: { items: [a], steps: [{ run: make }] }');
    expect(each?.body).toMatchObject({
      concurrency: { kind: 'literal', value: 1 },
      fail_fast: { kind: 'literal', value: true },
    });
  });

  it('sees the innermost item, and the outer one through an environment', () => {
    const [outer] = stepsOf(`steps:
  - uses: for-each@v1
    with:
      items: \${{ fromJSON(vars.regions) }}
      steps:
        - uses: for-each@v1
          with:
            items: \${{ each.value.hosts }}
            steps: [{ uses: http@v1, with: { url: 'http://\${{ each.value }}' } }]
`);
    expect(outer?.body).toMatchObject({ steps: [{ key: '0', body: { steps: [{ key: '0' }] } }] });
  });
});

describe('steps inside', () => {
  it('have what the job gives to its scripts', () => {
    const [gate] = stepsOf(
      'defaults: { run: { shell: sh } }\nsteps:\n  - uses: if@v1\n    with: { condition: vars.a, then: [{ run: make }] }',
    );
    expect(gate?.body).toMatchObject({ then: [{ with: { value: { script: 'make', shell: 'sh' } } }] });
  });

  it('read what the environments around read', () => {
    const [gate] = stepsOf(
      "env: { A: '${{ vars.b }}' }\nsteps:\n  - uses: if@v1\n    with: { condition: vars.a, then: [{ run: make }] }",
    );
    expect(gate?.body).toMatchObject({ then: [{ references: [['vars', 'b']] }] });
  });
});

describe('scopes', () => {
  const inIf = (then: string, otherwise = '[{ run: x }]'): string =>
    job(
      `steps:\n  - { id: before, uses: checkout@v1, with: { repository: x } }\n  - id: gate\n    uses: if@v1\n    with:\n      condition: vars.a\n      then: ${then}\n      else: ${otherwise}\n      outputs: { commit: a }\n  - { id: after, run: x }\n`,
    );
  it.each([
    ['the steps before the one that holds them', inIf("[{ run: x, if: steps.before.outputs.commit == '' }]")],
    ['the steps before them', inIf('[{ id: one, run: x }, { run: x, if: steps.one.outputs.any }]')],
    [
      'both branches in outputs',
      step(
        'uses: if@v1\nwith: { condition: vars.a, then: [{ id: b, run: x }], else: [{ id: c, run: x }], outputs: { d: "${{ steps.b.outputs.x || steps.c.outputs.x }}" } }',
      ),
    ],
    [
      'the item in outputs',
      step(
        'uses: for-each@v1\nwith: { items: [a, b], steps: [{ run: x }], outputs: { a: "${{ each.value }}-${{ each.index }}" } }',
      ),
    ],
    [
      'the item in a branch within a loop',
      step(
        "uses: for-each@v1\nwith: { items: [a, b], steps: [{ uses: if@v1, with: { condition: each.index > 0, then: [{ run: x, if: each.value == 'a' }] } }] }",
      ),
    ],
  ])('let steps see %s', (_what, source) => {
    const { reported } = compileMarked(source);
    expect(reported).toEqual([]);
  });

  it.each([
    ['the step that holds it', inIf('[{ run: x, if: steps.▸UNKNOWN_PROPERTY▸gate.outcome }]'), 'holds this one'],
    [
      'a step after it',
      inIf('[{ run: x, if: steps.▸UNKNOWN_PROPERTY▸two.outputs.a }, { id: two, run: x }]'),
      "doesn't run before this one",
    ],
    [
      'a step after the one that holds it',
      inIf('[{ run: x, if: steps.▸UNKNOWN_PROPERTY▸after.outputs.a }]'),
      "doesn't run before this one",
    ],
    [
      'the other branch',
      inIf('[{ id: one, run: x }]', '[{ run: x, if: steps.▸UNKNOWN_PROPERTY▸one.outputs.a }]'),
      'stands in `then`, and this in `else`',
    ],
    [
      'the item outside of a loop',
      inIf('[{ run: x, if: ▸CONTEXT_NOT_AVAILABLE▸each.value }]'),
      'only inside of `for-each@v1`',
    ],
    [
      'another property of the item',
      step('uses: for-each@v1\nwith: { items: [{ a: 1 }], steps: [{ run: x, if: each.value.▸UNKNOWN_PROPERTY▸b }] }'),
      'Available here: a',
    ],
    [
      'an output that a step inside never has',
      step(
        'uses: if@v1\nwith: { condition: vars.a, then: [{ id: s, uses: sleep@v1, with: { duration: 1s } }], outputs: { a: "${{ steps.s.outputs.▸UNKNOWN_PROPERTY▸b }}" } }',
      ),
      'There is none here',
    ],
  ])('hide %s', (_what, source, message) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
    expect(saidOf(source.replaceAll(/▸[^▸]*▸/g, ''))[0]).toContain(message);
  });

  const after = (read: string): string =>
    job(
      `${loop.trimEnd()}\n  - id: gate\n    uses: if@v1\n    with: { condition: vars.a, then: [{ id: inner, run: x }] }\n  - run: x\n    if: ${read}\noutputs: { a: '\${{ steps.gate.outcome }}' }`,
    );
  it.each([
    ['a step inside of one', 'steps.▸UNKNOWN_PROPERTY▸inner.outputs.a', 'read `steps.gate.outputs.name`'],
    ['an output that is not given', 'steps.gate.outputs.▸UNKNOWN_PROPERTY▸a', 'There is none here'],
    ['a property of a list', 'steps.loop.outputs.url.▸UNKNOWN_PROPERTY▸link', 'It is a list'],
  ])('hide afterwards %s', (_what, read, remedy) => {
    const { marked, reported, diagnostics } = compileMarked(after(read));
    expect(reported).toEqual(marked);
    expect(diagnostics[0]?.remedy).toContain(remedy);
  });

  it('hide a step inside of one without an id, and say that it needs one', () => {
    expect(
      saidOf(
        job(
          'steps:\n  - uses: if@v1\n    with: { condition: vars.a, then: [{ id: inner, run: x }] }\n  - run: x\n    if: steps.inner.outcome',
        ),
      )[0],
    ).toContain('Give the step around it an `id`');
  });
});

describe('ids', () => {
  it.each([
    [
      'of a step before',
      'steps:\n  - { id: a, run: x }\n  - uses: if@v1\n    with: { condition: vars.a, then: [{ id: ▸DUPLICATE_ID▸A, run: x }] }',
    ],
    [
      'of the step that holds it',
      'steps:\n  - id: a\n    uses: if@v1\n    with: { condition: vars.a, then: [{ id: ▸DUPLICATE_ID▸a, run: x }] }',
    ],
    [
      'of the other branch',
      'steps:\n  - uses: if@v1\n    with: { condition: vars.a, then: [{ id: a, run: x }], else: [{ id: ▸DUPLICATE_ID▸a, run: x }] }',
    ],
  ])('are not given twice: that %s', (_what, lines) => {
    const { marked, reported } = compileMarked(job(lines));
    expect(reported).toEqual(marked);
  });

  it('say where the other is', () => {
    expect(
      saidOf(
        job(
          'steps:\n  - { id: a, run: x }\n  - uses: if@v1\n    with: { condition: vars.a, then: [{ id: a, run: x }] }',
        ),
      )[0],
    ).toContain('line 4');
  });

  it('can be given again where the first is not seen', () => {
    const lines =
      'steps:\n  - uses: if@v1\n    with: { condition: vars.a, then: [{ id: a, run: x }] }\n  - uses: if@v1\n    with: { condition: vars.a, then: [{ id: a, run: x }] }\n  - { id: a, run: x }\n  - { run: x, if: steps.a.outcome }';
    expect(compileMarked(job(lines)).reported).toEqual([]);
  });
});

describe('mistakes', () => {
  it.each([
    ['nothing', 'uses: ▸MISSING_INPUT▸▸MISSING_INPUT▸if@v1'],
    ['no steps', 'uses: ▸MISSING_INPUT▸if@v1\nwith: { condition: vars.a }'],
    ['an empty list of steps', 'uses: if@v1\nwith: { condition: vars.a, then: ▸EMPTY▸[] }'],
    ['an empty else', 'uses: if@v1\nwith:\n  condition: vars.a\n  then: [{ run: x }]\n  ▸EMPTY▸else:'],
    ['a step where a list should be', 'uses: if@v1\nwith: { condition: vars.a, then: ▸WRONG_TYPE▸{ run: x } }'],
    ['a text where steps should be', 'uses: if@v1\nwith: { condition: vars.a, then: ▸WRONG_TYPE▸make }'],
    [
      'steps by an expression',
      "uses: if@v1\nwith: { condition: vars.a, then: ▸WRONG_TYPE▸'${{ fromJSON(vars.steps) }}' }",
    ],
    [
      'a mistake in a step inside',
      'uses: if@v1\nwith: { condition: vars.a, then: [{ run: x, ▸UNKNOWN_KEY▸runs: 1 }] }',
    ],
    [
      'text around a condition',
      "uses: if@v1\nwith: { condition: ▸CONDITION_TEXT▸'${{ vars.a }} and more', then: [{ run: x }] }",
    ],
    ['a condition that is a number', 'uses: if@v1\nwith: { condition: ▸WRONG_TYPE▸1, then: [{ run: x }] }'],
    [
      'a secret in a condition',
      "uses: if@v1\nwith: { condition: ▸CONTEXT_NOT_AVAILABLE▸secrets.A != '', then: [{ run: x }] }",
    ],
    ['another word for an input', 'uses: if@v1\nwith: { condition: vars.a, ▸UNKNOWN_INPUT▸do: [{ run: x }] }'],
    [
      'a slip in an input',
      'uses: if@v1\nwith: { condtion: vars.a, then: [{ run: x }] }'.replace('condtion', '▸UNKNOWN_INPUT▸condtion'),
    ],
    ['inputs beside with', 'uses: if@v1\n▸UNKNOWN_KEY▸condition: vars.a\n▸UNKNOWN_KEY▸then: [{ run: x }]'],
    ['retry', 'uses: if@v1\nwith: { condition: vars.a, then: [{ run: x }] }\n▸INVALID_VALUE▸retry: {}'],
    ['env', 'uses: if@v1\nwith: { condition: vars.a, then: [{ run: x }] }\n▸INVALID_VALUE▸env: {}'],
    ['permissions', 'uses: if@v1\nwith: { condition: vars.a, then: [{ run: x }] }\n▸INVALID_VALUE▸permissions: {}'],
    [
      'outputs that are no mapping',
      'uses: if@v1\nwith: { condition: vars.a, then: [{ run: x }], outputs: ▸WRONG_TYPE▸[a] }',
    ],
    [
      'an output without a value',
      'uses: if@v1\nwith:\n  condition: vars.a\n  then: [{ run: x }]\n  outputs:\n    ▸EMPTY▸a:',
    ],
    [
      'an output of an impossible name',
      'uses: if@v1\nwith: { condition: vars.a, then: [{ run: x }], outputs: { ▸INVALID_VALUE▸1a: b } }',
    ],
    [
      'two outputs of one name',
      'uses: if@v1\nwith: { condition: vars.a, then: [{ run: x }], outputs: { a: b, ▸DUPLICATE_ID▸A: b } }',
    ],
    ['no items', 'uses: ▸MISSING_INPUT▸for-each@v1\nwith: { steps: [{ run: x }] }'],
    ['an empty list of items', 'uses: for-each@v1\nwith: { items: ▸EMPTY▸[], steps: [{ run: x }] }'],
    [
      'items that are a text',
      "uses: for-each@v1\nwith: { items: '${{ ▸WRONG_TYPE▸runner.name }}', steps: [{ run: x }] }",
    ],
    [
      'mistakes under a key that is a slip',
      'uses: if@v1\nwith: { condition: vars.a, ▸UNKNOWN_INPUT▸thn: [{ run: x, ▸UNKNOWN_KEY▸runs: y }] }',
    ],
    [
      'an expression for a key',
      "uses: if@v1\nwith: { condition: vars.a, then: [{ run: x }], ▸INVALID_VALUE▸'${{ vars.b }}': [] }",
    ],
    ['items that are no list', 'uses: for-each@v1\nwith: { items: ▸WRONG_TYPE▸5, steps: [{ run: x }] }'],
    ['items with text around', "uses: for-each@v1\nwith: { items: ▸WRONG_TYPE▸'a${{ vars.a }}', steps: [{ run: x }] }"],
    [
      'a secret in the items',
      "uses: for-each@v1\nwith: { items: ['${{ ▸CONTEXT_NOT_AVAILABLE▸secrets.A }}'], steps: [{ run: x }] }",
    ],
    [
      'a concurrency of none',
      'uses: for-each@v1\nwith: { items: [a], concurrency: ▸INVALID_VALUE▸0, steps: [{ run: x }] }',
    ],
    [
      'too much concurrency',
      'uses: for-each@v1\nwith: { items: [a], concurrency: ▸INVALID_VALUE▸101, steps: [{ run: x }] }',
    ],
    [
      'a word for a boolean',
      'uses: for-each@v1\nwith: { items: [a], fail-fast: ▸WRONG_TYPE▸yes, steps: [{ run: x }] }',
    ],
    ['retry of an approval', 'uses: approval@v1\n▸INVALID_VALUE▸retry: {}'],
    ['an approver without a name', "uses: approval@v1\nwith: { approvers: [a, ▸INVALID_VALUE▸''] }"],
    ['a secret in a message', "uses: approval@v1\nwith: { message: '${{ ▸CONTEXT_NOT_AVAILABLE▸secrets.A }}' }"],
    ['a timeout of no time', 'uses: approval@v1\nwith: { timeout: ▸INVALID_VALUE▸0s }'],
    ['a timeout of years', 'uses: approval@v1\nwith: { timeout: ▸INVALID_VALUE▸400d }'],
    ['a signal without a name', 'uses: ▸MISSING_INPUT▸wait-for@v1'],
    ['a signal of an impossible name', 'uses: wait-for@v1\nwith: { signal: ▸INVALID_VALUE▸"a b" }'],
  ])('reports %s', (_what, lines) => {
    const { marked, reported } = compileMarked(step(lines ?? ''));
    expect(reported).toEqual(marked);
  });

  it.each([
    ['a value of the item', '${{ fromJSON(vars.a) }}', ['SCRIPT_INJECTION']],
    ['no value that the file says itself', '[a, b]', []],
  ])('warns of %s in a script', (_what, items, codes) => {
    const { diagnostics } = compileMarked(
      step(
        `uses: for-each@v1\nwith:\n  items: ${items}\n  steps:\n    - run: echo \${{ each.value }} \${{ each.index }}`,
      ),
    );
    expect(diagnostics.map(({ code }) => code)).toEqual(codes);
  });
});

describe('limits', () => {
  const nested = (levels: number): string =>
    levels === 0 ? '{ run: x }' : `{ uses: if@v1, with: { condition: vars.a, then: [${nested(levels - 1)}] } }`;

  it('lets ten steps hold each other, and no more', () => {
    expect(compileMarked(job(`steps: [${nested(10)}]`)).reported).toEqual([]);
    expect(saidOf(job(`steps: [${nested(11)}]`))).toEqual([expect.stringContaining('more than 10 levels deep')]);
  });

  it('counts the steps of a job with those inside', () => {
    // 100 steps and the one that holds them, by an anchor.
    const many = (loops: number): string =>
      job(
        `steps:\n  - &loop\n    uses: for-each@v1\n    with:\n      items: [a]\n      steps: [${'{ run: x }, '.repeat(100)}]\n${'  - *loop\n'.repeat(loops - 1)}`,
      );
    expect(compileMarked(many(99)).reported).toEqual([]);
    expect(saidOf(many(101))).toEqual([expect.stringContaining('more than 10000 steps')]);
  });
});

describe('fixes', () => {
  const fixed = (lines: string): string => {
    const read = (text: string) => compile(text, { file: 'test.yml', catalogue: testCatalogue });
    const { text, result } = fixSource(step(lines), read);
    expect(result.diagnostics).toEqual([]);
    return text;
  };

  it.each([
    [
      'a word for an input',
      'uses: if@v1\nwith:\n  when: vars.a\n  do:\n    - run: x',
      'uses: if@v1\nwith:\n  condition: vars.a\n  then:\n    - run: x',
    ],
    [
      'a word for the items',
      'uses: for-each@v1\nwith: { in: [a, b], do: [{ run: x }], parallel: 2 }',
      'uses: for-each@v1\nwith: { items: [a, b], steps: [{ run: x }], concurrency: 2 }',
    ],
    [
      'one step in braces',
      'uses: if@v1\nwith: { condition: vars.a, then: { run: x } }',
      'uses: if@v1\nwith: { condition: vars.a, then: [{ run: x }] }',
    ],
    [
      'one step below',
      'uses: if@v1\nwith:\n  condition: vars.a\n  then:\n    run: |\n      x\n\n      y\n    env: { A: b }\n  else:\n    - run: z',
      'uses: if@v1\nwith:\n  condition: vars.a\n  then:\n    - run: |\n        x\n\n        y\n      env: { A: b }\n  else:\n    - run: z',
    ],
    [
      'inputs beside the keys of a step',
      'uses: if@v1\ncondition: vars.a\nthen:\n  - run: |\n      x\n    env: { A: b }\nname: a',
      'uses: if@v1\nwith:\n  condition: vars.a\n  then:\n    - run: |\n        x\n      env: { A: b }\nname: a',
    ],
    [
      'inputs of a plugin beside the keys of a step',
      'uses: http@v1\nurl: http://a\nheaders:\n  a: b',
      'uses: http@v1\nwith:\n  url: http://a\n  headers:\n    a: b',
    ],
    ['who approves', 'uses: approval@v1\nwith: { reviewers: [a] }', 'uses: approval@v1\nwith: { approvers: [a] }'],
  ])('write %s as it is meant', (_what, lines, meant) => {
    const withoutBlanks = (text: string): string => text.replaceAll(/ +$/gm, '');
    expect(withoutBlanks(fixed(lines))).toBe(withoutBlanks(step(meant)));
  });

  it('read a text of JSON as the list that it holds', () => {
    const source = (items: string): string =>
      `on: { manual: { inputs: { regions: {} } } }\n${step(`uses: for-each@v1\nwith:\n  items: \${{ ${items} }}\n  steps: [{ run: x }]`)}`;
    const read = (text: string) => compile(text, { file: 'test.yml', catalogue: testCatalogue });
    expect(fixSource(source('inputs.regions'), read)).toMatchObject({
      text: source('fromJSON(inputs.regions)'),
      result: { diagnostics: [] },
    });
  });

  it.each([
    ['a script where steps should be', 'uses: if@v1\nwith: { condition: vars.a, do: make }'],
    [
      'an input that is there already',
      'uses: if@v1\nwith: { condition: vars.a, then: [{ run: x }], do: [{ run: y }] }',
    ],
  ])('leave %s alone', (_what, lines) => {
    expect(compileMarked(step(lines)).diagnostics.map(({ fix }) => fix)).toEqual([undefined]);
  });

  it('leave a step alone that stands elsewhere, too', () => {
    const { diagnostics } = compileMarked(
      job('steps:\n  - &one { run: x }\n  - uses: if@v1\n    with: { condition: vars.a, then: *one }'),
    );
    expect(diagnostics.map(({ code, fix }) => [code, fix])).toEqual([['WRONG_TYPE', undefined]]);
  });
});
