import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderWith, noticesOf, type RunningCommand, start } from './command.ts';

/** Every step notes in the ledger that it began, works for a moment, and may be lost. */
const workflow = `
name: crash
on:
  manual:
    inputs:
      ledger: { type: string, required: true }
env:
  LEDGER: \${{ inputs.ledger }}
jobs:
  left:
    outputs:
      word: \${{ steps.word.outputs.word }}
    steps:
      - id: word
        retry: &lost { attempts: 20, initial-interval: 10ms, on: [lost] }
        run: |
          echo left/word >> "$LEDGER"
          sleep 0.05
          echo word=water >> "$WATERFLOW_OUTPUT"
      - id: flaky
        retry: { attempts: 20, initial-interval: 10ms, on: [lost, failure] }
        run: |
          echo left/flaky >> "$LEDGER"
          test -e tried || { touch tried; exit 1; }
      - id: last
        retry: *lost
        run: echo left/last >> "$LEDGER"; sleep 0.05
  right:
    steps:
      - { id: nap, uses: sleep@v1, with: { duration: 150ms } }
      - id: work
        retry: *lost
        run: echo right/work >> "$LEDGER"; sleep 0.05; echo working
  cells:
    needs: left
    strategy:
      matrix: { part: [a, b] }
    steps:
      - id: join
        retry: *lost
        env: { PART: "\${{ matrix.part }}", WORD: "\${{ needs.left.outputs.word }}\${{ matrix.part }}" }
        run: |
          echo "cells ($PART)/join" >> "$LEDGER"
          echo "joined=$WORD" >> "$WATERFLOW_OUTPUT"
  breaks:
    needs: right
    steps:
      - id: fails
        retry: *lost
        run: echo breaks/fails >> "$LEDGER"; exit 3
      - id: tidy
        if: always()
        retry: *lost
        run: echo breaks/tidy >> "$LEDGER"
`;

/** A run of that workflow, whose ledger lies outside of its workspaces. */
export interface CrashingRun {
  readonly state: string;
  begin(): RunningCommand;
  resume(run: string): RunningCommand;
  /** Each step that began, in order. */
  ledger(): readonly string[];
}

export function crashingRun(): CrashingRun {
  const folder = folderWith({ 'crash.yml': workflow });
  const state = join(folder, 'state');
  const ledger = join(folder, 'ledger');
  const shared = ['--state', state, '--json'];
  return {
    state,
    begin: () => start(['run', join(folder, 'crash.yml'), '--input', `ledger=${ledger}`, ...shared]),
    resume: (run) => start(['run', '--resume', run, ...shared]),
    ledger: () => (existsSync(ledger) ? readFileSync(ledger, 'utf8').trim().split('\n') : []),
  };
}

/** What a run came to, without what may differ from one to the next; where it has no summary, what it said instead. */
export function resultOf({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): unknown {
  const summary = noticesOf({ stdout: wholeLines(stdout) }).at(-1);
  if (summary?.type !== 'summary') return { stderr, stdout: stdout.slice(-1000) };
  const jobs = Object.entries(summary.jobs).map(([id, { status, steps }]) => {
    const ends = Object.entries(steps).map(([key, { outcome, conclusion, outputs }]) => [
      key,
      outcome,
      conclusion,
      outputs,
    ]);
    return [id, status, ends];
  });
  return { status: summary.status, jobs };
}

/** The steps of which it was told that they are over. */
export function finishedSteps(stdout: string): readonly string[] {
  return noticesOf({ stdout: wholeLines(stdout) }).flatMap((notice) =>
    notice.type === 'step_finished' ? [`${notice.job}/${notice.step}`] : [],
  );
}

/** A process that is killed may have been in the middle of a line. */
export function wholeLines(stdout: string): string {
  return stdout.slice(0, stdout.lastIndexOf('\n') + 1);
}
