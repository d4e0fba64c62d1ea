/** Visual edits of examples, as they come: none breaks a file, loses a comment or can't be taken back. `npm run test:console` makes more of all. */
import { describe, expect, it } from 'vitest';
import { editAtRandom } from './testing/edit-at-random.ts';
import { readExamples } from '../../e2e/edited-examples.ts';

const sample = new Set(['deploy-fleet.yml', 'if.yml', 'job-outputs.yml', 'matrix.yml', 'monorepo-ci.yml', 'retry.yml']);

describe.each(readExamples().filter(({ name }) => sample.has(name)))('edits of $name', ({ name, text, check }) => {
  it.each([
    ['as it is', text],
    ['with the line breaks of Windows', text.replaceAll('\n', '\r\n')],
  ])('leave it valid, with its comments, and are taken back: %s', (_, written) => {
    const { made, wrong } = editAtRandom(written, check, { edits: 4, tries: 60, seed: name.length });
    expect({ made, wrong }).toEqual({ made: 4, wrong: [] });
  });
});
