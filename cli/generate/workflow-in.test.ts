import { describe, expect, it } from 'vitest';
import { workflowIn } from './workflow-in.ts';

const script = `on: manual
jobs:
  a:
    steps:
      - run: |
          cat <<'END' > page.md
          \`\`\`
          a block of its own
          \`\`\`
          END
          echo after
`;

describe('the workflow in a reply', () => {
  it('goes on behind a fence of a script in it', () => {
    expect(workflowIn(`Here it is:\n\n\`\`\`yaml\n${script}\`\`\`\nAnd so on.`)).toBe(script);
    const indented = script.replaceAll(/^(?=.)/gmu, '   ');
    expect(workflowIn(`1. It:\n\n   \`\`\`yaml\n${indented}   \`\`\`\n\n2. More.`)).toBe(indented);
  });

  it('ends with a longer fence, too, and goes by the one that says YAML', () => {
    expect(workflowIn(`\`\`\`sh\nls\n\`\`\`\n\`\`\`yml\n${script}\`\`\`\`\n`)).toBe(script);
    expect(workflowIn(`~~~\n${script}~~~`)).toBe(script);
  });

  it('is without what the model thought aloud before it', () => {
    expect(workflowIn(`<think>\nA list:\n\`\`\`yaml\njobs: {}\n\`\`\`\n</think>\n\n${script}`)).toBe(script);
    expect(workflowIn(`<thinking>no</thinking>\`\`\`yaml\n${script}\`\`\``)).toContain('echo after');
  });

  it('is all that came where the reply was cut off', () => {
    expect(workflowIn(`\`\`\`yaml\n${script}`)).toBe(script);
  });
});
