import { describe, expect, it } from 'vitest';
import { folderWith } from '../plugin-commands/testing/folder.ts';
import { commandLine } from '../testing/terminal.ts';

/** Tells what it was given, and whether that is a secret, which a log never shows. */
const files = {
  'p/plugin.yaml': `name: teller
version: 1.0.0
description: Tells.
runtime: isolate
main: index.ts
inputs:
  token: { type: string, pattern: "^tok_", required: true }
  more: { type: array, items: { type: string } }
outputs: { kinds: { type: array, items: { type: string } } }
`,
  'p/index.ts': `import { definePlugin } from 'waterflow/plugin';
export default definePlugin<{ readonly token: string; readonly more?: readonly string[] }>(async ({ token, more = [] }) => {
  return { kinds: [token, ...more].map((text) => text.replace(/wf-secret-[0-9a-f]{32}/g, 'SECRET')) };
});
`,
};

describe('an --input with ${{ secrets.NAME }}', () => {
  const run = (...argv: readonly string[]) =>
    commandLine(['plugin', 'run', './p', '--json', ...argv], { cwd: folderWith(files) });
  const kinds = (stdout: string): unknown => JSON.parse(stdout.trim().split('\n').at(-1) ?? '').outputs?.kinds;

  it('gives the secret, as a step does, alone and within text and lists, and leaves other braces as they are', async () => {
    const ran = await run(
      '--secret',
      'TOKEN=tok_12345',
      '--input',
      'token=${{ secrets.TOKEN }}',
      '--input',
      'more=["a ${{secrets.token}} b", "${{ inputs.x }}"]',
    );
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(kinds(ran.stdout)).toEqual(['SECRET', 'a SECRET b', '${{ inputs.x }}']);
    expect(ran.stdout).not.toContain('tok_12345');
  });

  it('is refused where no --secret gives it', async () => {
    expect(await run('--secret', 'OTHER=12345', '--input', 'token=${{ secrets.TOKEN }}')).toMatchObject({
      code: 2,
      stdout: expect.stringContaining("--input token reads the secret `TOKEN`, which isn't given"),
    });
  });
});
