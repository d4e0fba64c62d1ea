/** Visual edits of every example, as they come, of those from real life hundreds: none breaks a file, loses a comment or can't be taken back. */
import { describe, expect, it } from 'vitest';
import { editAtRandom } from '../../dsl/editing/testing/edit-at-random.ts';
import { readExamples } from '../edited-examples.ts';

describe.each(readExamples())('edits of $name', ({ name, text, check, isRealLife }) => {
  const edits = isRealLife ? 200 : 30;
  it('leave it valid, with its comments, and are taken back', { timeout: 600_000 }, () => {
    const { made, refused, wrong } = editAtRandom(text, check, { edits, tries: 4000, seed: name.length + 7 });
    expect({ made, wrong }).toEqual({ made: edits, wrong: [] });
    process.stdout.write(`${name}: ${made} made, refused ${JSON.stringify(refused)}\n`);
  });
});
