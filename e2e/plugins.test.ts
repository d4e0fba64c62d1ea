import { describe, expect, it } from 'vitest';
import { folderWith, waterflow } from './command.ts';

const files = {
  'workflow.yml': `
name: notes
on: manual
jobs:
  a:
    permissions: { exec: [{ command: make }], fs: [{ write: 'notes/**' }] }
    steps:
      - id: note
        uses: ./note
        with: { text: hello }
`,
  'note/plugin.yaml': `
name: note
version: 1.0.0
description: Reads a note.
runtime: isolate
main: index.ts
inputs:
  text: { type: string, required: true }
  path: { type: string, default: notes/a.txt }
permissions:
  fs: [{ read: '\${{ inputs.path }}', reason: reads the note }]
`,
  'note/index.ts': `
import { definePlugin } from 'waterflow/plugin';
export default definePlugin(async (inputs: { path: string }, host) => void (await host.fs.read(inputs.path)));
`,
};

describe('waterflow grants explain', () => {
  it('counts with the defaults of inputs that the step leaves out', async () => {
    const { stdout } = await waterflow(['grants', 'explain', 'workflow.yml'], { cwd: folderWith(files) });
    expect(stdout).toContain('requests to read `notes/a.txt` in the workspace');
    expect(stdout).not.toContain('not in force');
  });

  it('says what an approval would be for, until there is one', async () => {
    const folder = folderWith(files);
    const before = await waterflow(['grants', 'explain', 'workflow.yml'], { cwd: folder });
    expect(before.stdout).toContain('fs: refused by policy\n');
    expect(before.stdout).toContain('once it is approved: --approve ./note');
    const after = await waterflow(['grants', 'explain', 'workflow.yml', '--approve', './note'], { cwd: folder });
    expect(after.stdout).not.toContain('--approve');
  });

  it('has nobody narrow what the plugin does not request', async () => {
    const { stdout } = await waterflow(['grants', 'explain', 'workflow.yml'], { cwd: folderWith(files) });
    expect(stdout).toContain('exec: not requested\n');
  });
});

describe('waterflow plugin run', () => {
  it.each([
    ['one that is missing', [], '`text` is missing'],
    ['one that there is not', ['--input', 'text=a', '--input', 'pth=b'], 'note has no input `pth`'],
  ])('refuses inputs in the words of the command line: %s', async (_what, inputs, message) => {
    const { code, stdout, stderr } = await waterflow(['plugin', 'run', './note', ...inputs], {
      cwd: folderWith(files),
    });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain('Give each as --input NAME=VALUE; note has text (required), path');
  });

  it("says of a host call that failed nothing of the sandbox's own code", async () => {
    const argv = ['plugin', 'run', './note', '--approve', './note', '--input', 'text=a'];
    const { code, stderr } = await waterflow(argv, { cwd: folderWith(files) });
    expect(code).toBe(1);
    expect(stderr).toContain('error[STEP_FAILED]: `notes` does not exist');
    expect(stderr).not.toMatch(/\.js:\d/);
  });
});
