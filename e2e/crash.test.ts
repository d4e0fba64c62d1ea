import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunNotice, RunSummary } from '../engine/port.ts';

const scratch = mkdtempSync(join(tmpdir(), 'waterflow-e2e-crash-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const command = join(import.meta.dirname, '..', 'bin', 'waterflow');

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

interface Place {
  readonly file: string;
  readonly state: string;
  readonly ledger: string;
}

function newPlace(): Place {
  const folder = mkdtempSync(join(scratch, 'run-'));
  const file = join(folder, 'crash.yml');
  writeFileSync(file, workflow);
  return { file, state: join(folder, 'state'), ledger: join(folder, 'ledger') };
}

/** Runs the command, which is killed (SIGKILL) when it has printed so many lines. */
async function waterflow(args: readonly string[], options: { readonly killAfter?: number } = {}) {
  const child = spawn(process.execPath, [command, 'run', ...args, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  const complaints = child.stderr.setEncoding('utf8').toArray();
  const notices: RunNotice[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    // `run --json` prints notices only.
    notices.push(JSON.parse(line) as RunNotice);
    if (notices.length === options.killAfter) child.kill('SIGKILL');
  }
  await ended;
  return { notices, complaints: (await complaints).join('') };
}

function start(place: Place, options: { readonly killAfter?: number } = {}) {
  return waterflow([place.file, '--state', place.state, '--input', `ledger=${place.ledger}`], options);
}

function resultOf({ notices, complaints }: Awaited<ReturnType<typeof waterflow>>) {
  const summary = notices.at(-1);
  if (summary?.type !== 'summary') return { complaints };
  return {
    status: summary.status,
    jobs: Object.entries(summary.jobs).map(([id, job]) => [id, job.status, endsOf(job)]),
  };
}

function endsOf({ steps }: RunSummary['jobs'][string]) {
  return Object.entries(steps).map(([key, step]) => [key, step.outcome, step.conclusion, step.outputs]);
}

function ledgerOf(place: Place): readonly string[] {
  return existsSync(place.ledger) ? readFileSync(place.ledger, 'utf8').trim().split('\n') : [];
}

/** The steps of which it was told that they are over. */
function finishedIn(notices: readonly RunNotice[]): readonly string[] {
  return notices.flatMap((notice) => (notice.type === 'step_finished' ? [`${notice.job}/${notice.step}`] : []));
}

const points = 30;

describe('a run of the command that is killed', () => {
  it(`is resumed to the same end, and no finished step runs again (${points} points)`, {
    timeout: 300_000,
  }, async () => {
    const whole = await start(newPlace());
    const expected = resultOf(whole);
    expect(expected).toMatchObject({ status: 'failure' });
    for (let point = 0; point < points; point += 1) {
      const place = newPlace();
      const killAfter = 1 + Math.floor((point * (whole.notices.length - 2)) / points);
      const before = await start(place, { killAfter });
      const begunBefore = ledgerOf(place).length;
      const after = await waterflow(['--resume', before.notices[0]?.run ?? '', '--state', place.state]);
      const again = ledgerOf(place).slice(begunBefore);
      const finished = finishedIn(before.notices);
      const found = { result: resultOf(after), again: again.filter((step) => finished.includes(step)) };
      expect({ killAfter, ...found }).toEqual({ killAfter, result: expected, again: [] });
    }
  });
});
