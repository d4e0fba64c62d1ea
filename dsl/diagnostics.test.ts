import { describe, expect, it } from 'vitest';
import { compileMarked, job, step, steps } from './testing/mistakes.ts';

const inputs = (lines: string): string =>
  `on: { manual: { inputs: { ${lines} } } }\njobs: { a: { steps: [{ run: x }] } }`;

describe('keys', () => {
  it.each([
    ['an unknown key of the workflow', `▸UNKNOWN_KEY▸nmae: x\n${job(steps)}`],
    ['an unknown key of a job', job(`▸UNKNOWN_KEY▸run-on: local\n${steps}`)],
    ['an unknown key of a step', step('run: x\n▸UNKNOWN_KEY▸timeout: 5')],
    ['an unknown key of a strategy', job(`strategy: { matrix: { a: [1] }, ▸UNKNOWN_KEY▸fail-fats: true }\n${steps}`)],
    ['an unknown key of a retry', step('run: x\nretry: { ▸UNKNOWN_KEY▸attemps: 3 }')],
    ['an unknown key of an input', inputs('a: { ▸UNKNOWN_KEY▸typ: string }')],
    ['no jobs', '▸MISSING_KEY▸name: x'],
    ['a job without steps', 'jobs: { ▸MISSING_KEY▸a: { runs-on: local } }'],
    ['a misspelt key once, not also as a missing one', 'jobs: { a: { ▸UNKNOWN_KEY▸stpes: [] } }'],
    ["a job's run once, not also as missing steps", 'jobs: { a: { ▸UNKNOWN_KEY▸run: make } }'],
    ['steps of no job once, not also as missing jobs', '▸UNKNOWN_KEY▸steps: [{ run: x }]'],
    ['a job that stands where jobs should, once', `▸UNKNOWN_KEY▸build: { ${steps} }`],
    ['axes that stand where the matrix should, once', job(`strategy: { ▸UNKNOWN_KEY▸os: [a] }\n${steps}`)],
    ["keys that aren't indented below theirs, once", step('run: x\nenv:\n▸UNKNOWN_KEY▸A: b\nB: c')],
    ["inputs that aren't indented below with, once", step('uses: checkout@v1\nwith:\n▸UNKNOWN_KEY▸repository: x')],
    ['an empty key before a slip in another', step('run: x\n▸EMPTY▸env:\n▸UNKNOWN_KEY▸nmae: x')],
    ["keys of a job that aren't indented below it, once", `jobs:\n  a:\n  ▸WRONG_TYPE▸runs-on: local\n  ${steps}`],
    ['a step that is empty, at its dash', job('steps:\n  - run: x\n  ▸EMPTY▸-\n  - run: a-b # c-d\n  ▸EMPTY▸- # e')],
    ['a step that does nothing', step('▸MISSING_KEY▸name: x')],
    ['a strategy without a matrix', job(`▸MISSING_KEY▸strategy: { fail-fast: true }\n${steps}`)],
    ['empty jobs', 'jobs: ▸EMPTY▸{}'],
    ['jobs that are nothing', '▸EMPTY▸jobs:'],
    ['empty steps', job('steps: ▸EMPTY▸[]')],
    ['a key without a value', job(`▸EMPTY▸env:\n${steps}`)],
    ['an empty condition', job(`▸EMPTY▸if:\n${steps}`)],
    ['an empty script', step('run: ▸EMPTY▸""')],
    ['a script that is nothing', step('▸EMPTY▸run:')],
    ['an empty trigger', `▸EMPTY▸on:\n${job(steps)}`],
    ['a list of no triggers', `on: ▸EMPTY▸[]\n${job(steps)}`],
  ])('reports %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });

  it.each([
    ['timeout: 5', '`timeout-minutes`'],
    ['script: x', '`run`'],
    ['conditon: x', 'Keys here'],
    ['continue_on_error: true', '`continue-on-error`'],
    ['container: x', 'agents of the queue'],
  ])('says what `%s` may have meant', (line, meant) => {
    expect(compileMarked(step(`run: x\n${line}`)).diagnostics[0]?.remedy).toContain(meant);
  });
});

describe('values', () => {
  it.each([
    ['a name that is a number', `name: ▸WRONG_TYPE▸5\n${job(steps)}`],
    ['a name with an expression', `name: ▸INVALID_VALUE▸\${{ vars.x }}\n${job(steps)}`],
    ['jobs as a list', 'jobs: ▸WRONG_TYPE▸[a]'],
    ['steps as a mapping', job('steps: ▸WRONG_TYPE▸{ run: x }')],
    ['a step that is a text', job('steps: [▸WRONG_TYPE▸make]')],
    ['a timeout that is a text', step('run: x\ntimeout-minutes: ▸WRONG_TYPE▸5m')],
    ['a timeout of nothing', step('run: x\ntimeout-minutes: ▸INVALID_VALUE▸0')],
    ['a timeout of years', job(`timeout-minutes: ▸INVALID_VALUE▸1e9\n${steps}`)],
    ['a timeout with text around its expression', step('run: x\ntimeout-minutes: ▸WRONG_TYPE▸${{ vars.x }}0')],
    ['a boolean that is a text', step('run: x\ncontinue-on-error: ▸WRONG_TYPE▸"true"')],
    ['a variable that is a list', job(`env: { A: ▸WRONG_TYPE▸[1] }\n${steps}`)],
    ['a variable whose name holds =', job(`env: { ▸INVALID_VALUE▸A=B: 1 }\n${steps}`)],
    [
      'a variable whose name no shell can read',
      job(`env: { ▸INVALID_VALUE▸MY-VAR: 1, ▸INVALID_VALUE▸1A: 1 }\n${steps}`),
    ],
    [
      'an expression as a key',
      job(`env: { '▸INVALID_VALUE▸\${{ vars.x }}': 1 }\n${steps}`).replace("'▸INVALID_VALUE▸", "▸INVALID_VALUE▸'"),
    ],
    [
      'a number whose text is another',
      job(`env: { A: ▸INVALID_VALUE▸1.10, B: ▸INVALID_VALUE▸0o17, C: 1.5 }\n${steps}`),
    ],
    ['a condition that is a number', job(`if: ▸WRONG_TYPE▸1\n${steps}`)],
    ['a condition that is a list', job(`if: ▸WRONG_TYPE▸[true]\n${steps}`)],
    ['several queues', job(`runs-on: ▸WRONG_TYPE▸[a, b]\n${steps}`)],
    ['a queue with a space', job(`runs-on: ▸INVALID_VALUE▸my queue\n${steps}`)],
    ['a duration without a unit', job(`lost-after: ▸WRONG_TYPE▸90\n${steps}`)],
    ['a duration that is none', job(`lost-after: ▸INVALID_VALUE▸soon\n${steps}`)],
    ['a duration that is too short', job(`lost-after: ▸INVALID_VALUE▸1s\n${steps}`)],
    ['outputs that are lists', job(`outputs: { a: ▸WRONG_TYPE▸[1] }\n${steps}`)],
    ['a schedule without times', `on: [manual, ▸MISSING_KEY▸schedule]\n${job(steps)}`],
    ["a trigger that doesn't exist", `on: ▸INVALID_VALUE▸manaul\n${job(steps)}`],
    ['a trigger of GitHub', `on: { manual: , ▸INVALID_VALUE▸push: }\n${job(steps)}`],
  ])('reports %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });

  it('takes expressions where types allow them', () => {
    const { marked, reported } = compileMarked(
      job(`timeout-minutes: \${{ fromJSON(vars.limit) }}
runs-on: \${{ vars.queue }}
retry: { attempts: \${{ fromJSON(vars.attempts) }} }
steps: [{ run: x, continue-on-error: '\${{ vars.x == 1 }}' }]`)
        .replace('{ attempts: ${{', "{ attempts: '${{")
        .replace(') }} }', ") }}' }"),
    );
    expect(reported).toEqual(marked);
  });
});
