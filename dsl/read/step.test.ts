import { describe, expect, it } from 'vitest';
import { compileMarked, step } from '../testing/mistakes.ts';

describe('nodes', () => {
  it.each([
    ["a node that isn't there", step('uses: ▸PLUGIN_NOT_FOUND▸chekout@v1')],
    ['an action of GitHub', step('uses: ▸PLUGIN_NOT_FOUND▸actions/checkout@v4')],
    ['a folder whose plugin is broken', step('uses: ▸PLUGIN_INVALID▸./broken')],
    ["a folder that isn't there", step('uses: ▸PLUGIN_NOT_FOUND▸./plugin')],
    ['no version', step('uses: ▸INVALID_VALUE▸checkout')],
    ['a node by expression', step('uses: ▸INVALID_VALUE▸${{ vars.node }}')],
    ['an unknown input', step('uses: checkout@v1\nwith: { repository: x, ▸UNKNOWN_INPUT▸branch: y }')],
    ['a missing input', step('uses: ▸MISSING_INPUT▸checkout@v1')],
    ['a misspelt input once', step('uses: checkout@v1\nwith: { ▸UNKNOWN_INPUT▸repo: x }')],
    ['a text for a number', step('uses: checkout@v1\nwith: { repository: x, depth: ▸WRONG_TYPE▸"1" }')],
    ['a number for a text', step('uses: checkout@v1\nwith: { repository: x, ref: ▸WRONG_TYPE▸1.10 }')],
    ['a fraction for a whole number', step('uses: checkout@v1\nwith: { repository: x, depth: ▸WRONG_TYPE▸1.5 }')],
    ['a number below the least', step('uses: checkout@v1\nwith: { repository: x, depth: ▸INVALID_VALUE▸-1 }')],
    [
      'a text around an expression for a number',
      step('uses: checkout@v1\nwith: { repository: x, depth: ▸WRONG_TYPE▸${{ vars.x }}0 }').replace(
        '${{ vars.x }}0',
        "'${{ vars.x }}0'",
      ),
    ],
    ["a word that isn't in the set", step('uses: http@v1\nwith: { url: "http://a", method: ▸INVALID_VALUE▸GTE }')],
    ['a text of another form', step('uses: http@v1\nwith: { url: ▸INVALID_VALUE▸ftp://a }')],
    [
      'a wrong value deep inside',
      step('uses: http@v1\nwith: { url: "http://a", headers: { a: ▸WRONG_TYPE▸1 }, expect: [200, ▸INVALID_VALUE▸99] }'),
    ],
    ['a list that is too short', step('uses: http@v1\nwith: { url: "http://a", expect: ▸INVALID_VALUE▸[] }')],
    ['uses beside run', step('uses: checkout@v1\n▸INVALID_VALUE▸run: x')],
    ['shell beside uses', step('uses: checkout@v1\n▸INVALID_VALUE▸shell: sh\nwith: { repository: x }')],
    ['with beside run', step('run: x\n▸INVALID_VALUE▸with: { a: b }')],
    ['an unknown shell', step('run: x\nshell: ▸INVALID_VALUE▸fish')],
    ['a script that is a number', step('run: ▸WRONG_TYPE▸5')],
    ['an empty with', step('uses: checkout@v1\n▸EMPTY▸with:')],
    ['a with that is no mapping once, not also what it lacks', step('uses: checkout@v1\nwith: ▸WRONG_TYPE▸x')],
    ['a sleep of no duration', step('uses: sleep@v1\nwith: { duration: ▸INVALID_VALUE▸10 seconds }')],
    ['a sleep until no time', step('uses: sleep@v1\nwith: { until: ▸INVALID_VALUE▸2026-12-24T18:00:00 }')],
    ['a sleep of both', step('uses: sleep@v1\nwith: { duration: 5m, ▸INVALID_VALUE▸until: 2026-12-24T18:00:00Z }')],
    ['a sleep of neither', step('uses: ▸MISSING_INPUT▸sleep@v1')],
    ['an image of a registry', step('uses: ▸INVALID_VALUE▸docker://alpine:3')],
  ])('reports %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });

  it('takes an expression for any type, and what is written beside it', () => {
    const { marked, reported } = compileMarked(
      step(
        "uses: http@v1\nwith: { url: 'http://${{ vars.host }}', expect: '${{ fromJSON(vars.codes) }}', headers: { a: '${{ vars.a }}' } }",
      ),
    );
    expect(reported).toEqual(marked);
  });

  it('says which node an action of GitHub may be here', () => {
    expect(compileMarked(step('uses: actions/checkout@v4')).diagnostics[0]?.remedy).toContain('`checkout@v1`');
  });
});
