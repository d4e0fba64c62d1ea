import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { spliceCases } from './case-splice.ts';

/** Sets a key of one case, as `--record` and `--update` do. */
function changed(text: string, index: number, value: unknown): string {
  const document = parseDocument(text);
  document.setIn([index, 'expect'], document.createNode(value));
  return spliceCases(text, document.toString({ lineWidth: 0 }), new Set([index]));
}

const others = `# Of all of them.

- name:   "first"   # why
  inputs: {a: 1,   b: [x,y]}
  expect:
      outputs: {}


-   name: second
    inputs:
        long: >-
          folded
          text
    # said of what is expected
    expect: { outputs: {} } # at its end

# said of the third
- { name: 'third', inputs: {}, expect: {outputs: {}} }
`;

describe('a file of cases', () => {
  it.each([0, 1, 2])('is as it was but for case %i', (index) => {
    const text = changed(others, index, { outputs: { text: 'one\ntwo\n' } });
    const pieces = others.split(/(?=^-)/m).slice(1);
    for (const piece of pieces.filter((_, other) => other !== index)) expect(text).toContain(piece);
    expect(text).toContain('# Of all of them.\n\n- ');
    expect(text).toContain('# said of the third\n- ');
    const wanted = parseDocument(others);
    wanted.setIn([index, 'expect'], { outputs: { text: 'one\ntwo\n' } });
    expect(parseDocument(text).toJS()).toEqual(wanted.toJS());
  });

  it('keeps its line ends, and that it ends without one', () => {
    const text = changed('- name: a\r\n  expect: {}\r\n- name: b\r\n  expect: {}', 1, { outputs: { x: 1 } });
    expect(text).toBe('- name: a\r\n  expect: {}\r\n- name: b\r\n  expect:\r\n    outputs:\r\n      x: 1');
  });

  it('is written as a whole where its cases hang together otherwise', () => {
    const text = '- name: a\n  expect: &shared { outputs: {} }\n- name: b\n  expect: *shared\n';
    const whole = '- name: a\n  expect:\n    outputs: {}\n- name: b\n  expect:\n    outputs: {}\n';
    expect(spliceCases(text, whole, new Set([0]))).toBe(whole);
  });
});
