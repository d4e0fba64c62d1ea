import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, noticesOf, start, summaryOf } from './command.ts';

/** A step that goes on until it is ended, and one that must run whatever happens. */
const workflow = (script: string): string => `
name: long
on: manual
jobs:
  long:
    steps:
      - id: works
        run: |
          ${script}
      - id: next
        run: echo never
      - id: tidies
        if: always()
        run: |
          echo tidied > "$LEDGER"
          ${script === stubborn ? 'while true; do sleep 1; done' : ''}
        env: { LEDGER: "\${{ vars.LEDGER }}" }
  later:
    needs: long
    steps:
      - run: echo never
`;
const patient = 'echo working; sleep 1000';
const stubborn = `trap '' TERM INT HUP; echo working; while true; do sleep 1; done`;

function begin(script: string) {
  const folder = folderWith({ 'long.yml': workflow(script) });
  const ledger = join(folder, 'ledger');
  const argv = ['run', 'long.yml', '--state', 'state', '--json', '--var', `LEDGER=${ledger}`];
  return { command: start(argv, { cwd: folder }), ledger };
}

describe('a run that is interrupted', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    "by %s ends in order: always() steps run, the rest doesn't",
    async (signal) => {
      const { command, ledger } = begin(patient);
      await command.saying('"text":"working\\n"');
      command.kill(signal);
      const ended = await command.ended;
      expect({ code: ended.code, signal: ended.signal }).toEqual({ code: 130, signal: null });
      expect(ended.stderr).toMatch(/^SIG(?:INT|TERM): cancelling in order; press Ctrl-C again to kill/);
      expect(readFileSync(ledger, 'utf8')).toBe('tidied\n');
      expect(summaryOf(ended)).toMatchObject({
        status: 'cancelled',
        jobs: {
          long: {
            status: 'cancelled',
            steps: {
              works: { status: 'cancelled', error: { code: 'CANCELLED' } },
              next: { status: 'skipped' },
              tidies: { status: 'success' },
            },
          },
          later: { status: 'skipped' },
        },
      });
    },
  );

  it("twice ends at once, and kills what doesn't want to end", async () => {
    const { command, ledger } = begin(stubborn);
    await command.saying('"text":"working\\n"');
    command.kill('SIGINT');
    // Two signals at once would be one.
    await command.complaining('cancelling in order');
    command.kill('SIGINT');
    const ended = await command.ended;
    expect({ code: ended.code, stderr: ended.stderr }).toMatchObject({
      code: 130,
      stderr: expect.stringContaining('killing'),
    });
    expect(existsSync(ledger)).toBe(false);
    expect(summaryOf(ended)).toMatchObject({
      status: 'cancelled',
      jobs: { long: { steps: { works: { status: 'cancelled' }, tidies: {} } } },
    });
  });

  it("while it waits for a retry doesn't wait on", async () => {
    const folder = folderWith({
      'retry.yml': `
name: retry
on: manual
jobs:
  a:
    steps:
      - retry: { attempts: 5, initial-interval: 1h }
        run: exit 1
`,
    });
    const command = start(['run', 'retry.yml', '--state', 'state', '--json'], { cwd: folder });
    await command.saying('"step_retrying"');
    command.kill('SIGINT');
    const ended = await command.ended;
    expect({ code: ended.code, status: summaryOf(ended).status }).toEqual({ code: 130, status: 'cancelled' });
  });

  it("while it sleeps doesn't sleep on", async () => {
    const folder = folderWith({
      'sleep.yml': 'name: s\non: manual\njobs: { a: { steps: [{ uses: sleep@v1, with: { duration: 2h } }] } }\n',
    });
    const command = start(['run', 'sleep.yml', '--state', 'state', '--json'], { cwd: folder });
    await command.saying('"step_started"');
    command.kill('SIGINT');
    const ended = await command.ended;
    expect({ code: ended.code, status: summaryOf(ended).status }).toEqual({ code: 130, status: 'cancelled' });
  });

  it('tells of every step that had begun how it ended', async () => {
    const { command } = begin(patient);
    await command.saying('"text":"working\\n"');
    command.kill('SIGINT');
    const notices = noticesOf(await command.ended);
    const of = (type: string) =>
      notices.filter((notice) => notice.type === type).map((notice) => 'step' in notice && notice.step);
    expect(of('step_finished')).toEqual(expect.arrayContaining(of('step_started')));
  });
});
