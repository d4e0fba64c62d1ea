/* oxlint-disable no-control-regex -- what a terminal does is told by control characters */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CommandOptions, folderWith, launcher, RunningCommand, root } from './command.ts';

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';

interface Screen {
  readonly rows: number;
  readonly columns: number;
}

/** Runs the command on a pseudo-terminal. */
function onTerminal(argv: readonly string[], screen: Screen, options: CommandOptions & { readonly stopped?: true }) {
  const size = [String(screen.rows), String(screen.columns), ...(options.stopped ? ['--wait'] : [])];
  const command = [join(root, 'e2e', 'pseudo-terminal.py'), ...size, process.execPath, launcher, ...argv];
  return new RunningCommand('python3', command, { ...options, env: { TERM: 'xterm-256color', ...options.env } });
}

/** What a terminal of these lines shows in the end: enough of ECMA-48 for what the tree is allowed to use. */
function screenOf(output: string): readonly string[] {
  const lines = [''];
  let row = 0;
  for (const [part, up] of output.matchAll(/\u001b\[(\d+)A|\u001b\[[0-9;?]*[a-zA-Z]|\r|\n|[^\u001b\r\n]+/gu)) {
    if (up !== undefined) row -= Number(up);
    else if (part === '\u001b[J') lines.splice(row, lines.length, '');
    else if (part === '\n') lines[(row += 1)] ??= '';
    else if (!part.startsWith('\u001b') && part !== '\r') lines[row] += part;
  }
  return lines;
}

const workflow = `
name: "shown \\e[2J on a terminal"
on: manual
jobs:
  first:
    steps:
      - name: "Renames \\e]0;owned\\a the window"
        run: |
          printf '\\033[2J\\033[31mred\\033[0m \\033]0;owned\\007 \\302\\233 5m \\r overwritten\\n'
          sleep 0.3
      - if: failure()
        name: Never needed
        run: "true"
  second:
    needs: first
    steps:
      - run: printf '\\033[8mhidden\\n'; exit 3
`;

describe('waterflow run on a terminal', () => {
  it('shows a tree in place, restores the cursor, and ends with the summary', async () => {
    const folder = folderWith({ 'shown.yml': workflow });
    const argv = ['run', 'shown.yml', '--state', 'state'];
    const { code, stdout } = await onTerminal(argv, { rows: 30, columns: 100 }, { cwd: folder }).ended;
    expect(code).toBe(1);
    expect([stdout.indexOf(hideCursor), stdout.lastIndexOf(hideCursor)]).toEqual([0, 0]);
    expect(stdout.split(showCursor)).toHaveLength(2);
    const lines = screenOf(stdout);
    expect(lines.slice(0, 5)).toEqual([
      expect.stringMatching(/^shown {2}on a terminal run-/),
      expect.stringMatching(/^✓ first \d/),
      expect.stringMatching(/^ {2}✓ Renames {2}the window \d/),
      '  - Never needed skipped',
      expect.stringMatching(/^✗ second \d/),
    ]);
    expect(lines).toContainEqual(expect.stringContaining('✗ second / 0'));
    // The tree was drawn once, however often it was redrawn.
    expect(lines.filter((line) => line.startsWith('✓ first'))).toHaveLength(1);
  });

  it('lets no control character of a log or a name through', async () => {
    const folder = folderWith({ 'shown.yml': workflow });
    const argv = ['run', 'shown.yml', '--state', 'state'];
    const { stdout } = await onTerminal(argv, { rows: 30, columns: 100 }, { cwd: folder }).ended;
    const controls = new Set(
      stdout.match(/\u001b\[[0-9;?]*[a-zA-Z]|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/gu),
    );
    const ours = /^\u001b\[(?:\d+A|J|\?25[lh]|(?:0|1|3[1-4]|90)m)$/u;
    expect([...controls].filter((control) => !ours.test(control))).toEqual([]);
    expect(stdout).not.toContain('owned');
    expect(stdout).toContain('second / 0');
  });

  it.each([
    { rows: 6, columns: 24 },
    { rows: 2, columns: 10 },
    { rows: 1, columns: 1 },
    { rows: 0, columns: 0 },
  ])('stays within $rows rows of $columns columns', async (screen) => {
    const folder = folderWith({ 'shown.yml': workflow });
    const argv = ['run', 'shown.yml', '--state', 'state'];
    const { code, stdout } = await onTerminal(argv, screen, { cwd: folder }).ended;
    expect(code).toBe(1);
    const { rows, columns } = screen.rows === 0 ? { rows: 24, columns: 80 } : screen;
    const tree = stdout.slice(0, stdout.indexOf(showCursor));
    const frames = tree
      .split(/\u001b\[\d+A\r\u001b\[J/u)
      .map((frame) => frame.replaceAll(/\u001b\[[0-9;?]*[a-zA-Z]|\r/gu, ''));
    for (const frame of frames) {
      const lines = frame.split('\n').slice(0, -1);
      expect(lines.length).toBeLessThanOrEqual(Math.max(1, rows - 1));
      for (const line of lines) expect(Array.from(line).length).toBeLessThanOrEqual(columns);
    }
  });

  it('cancels in order at Ctrl-C, says so, and restores the cursor', async () => {
    const folder = folderWith({
      'long.yml': `
name: long
on: manual
jobs:
  a:
    steps:
      - run: echo working; sleep 1000
      - if: always()
        run: echo tidied
`,
    });
    const argv = ['run', 'long.yml', '--state', 'state'];
    const command = onTerminal(argv, { rows: 30, columns: 100 }, { cwd: folder, input: { open: true } });
    await command.saying('working');
    command.type('\u0003');
    const { code, stdout } = await command.ended;
    expect(code).toBe(130);
    expect(stdout.lastIndexOf(showCursor)).toBeGreaterThan(stdout.lastIndexOf(hideCursor));
    const lines = screenOf(stdout);
    expect(lines).toContainEqual(expect.stringMatching(/^SIGINT: cancelling in order; press Ctrl-C again/));
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}✓ echo tidied \d/));
    expect(lines).toContainEqual(expect.stringMatching(/^■ long cancelled in/));
  });

  it('that reads nothing (Ctrl-S) holds up no deadline', async () => {
    const folder = folderWith({
      'stopped.yml': `
name: stopped
on: manual
jobs:
  many:
    strategy: { matrix: { cell: [1, 2, 3, 4, 5, 6, 7, 8] } }
    steps:
      - timeout-minutes: 0.05
        run: while true; do echo "a line that fills the terminal's buffer, so that nothing more can be written"; sleep 0.01; done
  after:
    needs: many
    if: always()
    steps:
      - run: echo > "$DONE"
        env: { DONE: "\${{ vars.DONE }}" }
`,
    });
    const done = join(folder, 'done');
    const argv = ['run', 'stopped.yml', '--state', 'state', '--var', `DONE=${done}`];
    const command = onTerminal(argv, { rows: 40, columns: 120 }, { cwd: folder, stopped: true });
    await command.making(done);
    command.kill('SIGUSR1');
    const { stdout } = await command.ended;
    expect(stdout).toContain('TIMEOUT');
  });

  it("has no colours where nobody wants them, and no tree where it can't draw", async () => {
    const folder = folderWith({ 'shown.yml': workflow });
    const argv = ['run', 'shown.yml', '--state', 'state'];
    const screen = { rows: 30, columns: 100 };
    const plain = await onTerminal(argv, screen, { cwd: folder, env: { NO_COLOR: '1' } }).ended;
    expect(plain.stdout).toContain('✗ second');
    expect(plain.stdout).not.toMatch(/\u001b\[\d+m/);
    const dumb = await onTerminal(argv, screen, { cwd: folder, env: { TERM: 'dumb' } }).ended;
    expect(dumb.stdout).toContain('[first] job started');
    expect(dumb.stdout).not.toContain('\u001b');
  });
});
