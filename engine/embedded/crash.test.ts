import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import { parseRunId } from '../../schemas/index.ts';
import { answering, follow, resultOf } from '../contract/world.ts';
import type { RunNotice } from '../port.ts';
import { openExampleEngine } from './testing/example-engine.ts';

const scratch = mkdtempSync(join(tmpdir(), 'waterflow-crash-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const program = join(import.meta.dirname, 'testing', 'conduct.ts');

/** Conducts the example in a process of its own, which is killed (SIGKILL) when it has told so many notices. */
async function conduct(state: string, options: { readonly killAfter?: number } = {}): Promise<readonly RunNotice[]> {
  const child = spawn(process.execPath, [program, join(state, 'runs'), join(state, 'began')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const notices: RunNotice[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    // The program prints nothing but notices.
    notices.push(JSON.parse(line) as RunNotice);
    if (notices.length === options.killAfter) child.kill('SIGKILL');
  }
  await ended;
  return notices;
}

async function resume(state: string, notices: readonly RunNotice[]): Promise<readonly RunNotice[]> {
  const run = parseRunId(notices[0]?.run ?? '');
  if (run === undefined) throw new Error('the run told nothing');
  await using engine = openExampleEngine({ root: join(state, 'runs'), began: join(state, 'began') });
  const handle = await engine.resume(run, {});
  return (
    await follow(
      handle,
      answering(handle, () => ({ decision: 'approve' })),
    )
  ).notices;
}

function summaryOf(notices: readonly RunNotice[]) {
  const last = notices.at(-1);
  if (last?.type !== 'summary') throw new Error(`no summary, but ${JSON.stringify(last)}`);
  return last;
}

/** Which attempts of steps began, by the program's own notes. */
function beganIn(state: string): readonly string[] {
  const file = join(state, 'began');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}

/** `job#attempt/step` of each step of which it was told that it succeeded. */
function succeededIn(notices: readonly RunNotice[]): readonly string[] {
  const attempts = new Map<string, number>();
  return notices.flatMap((notice) => {
    if (notice.type === 'job_started') attempts.set(notice.job, notice.attempt);
    if (notice.type !== 'step_finished' || notice.outcome !== 'success') return [];
    return [`${notice.job}#${attempts.get(notice.job)}/${notice.step}`];
  });
}

const points = 30;

describe('a run whose process is killed', () => {
  it(`comes to the same end, wherever that was (${points} points)`, { timeout: 300_000 }, async () => {
    const whole = await conduct(mkdtempSync(join(scratch, 'whole-')));
    const expected = resultOf(summaryOf(whole));
    const outcomes: unknown[] = [];
    for (let point = 0; point < points; point += 1) {
      const state = mkdtempSync(join(scratch, `${point}-`));
      const killAfter = 1 + Math.floor((point * (whole.length - 2)) / points);
      const before = await conduct(state, { killAfter });
      const beganBefore = beganIn(state);
      const after = await resume(state, before);
      const began = beganIn(state);
      const again = began.slice(beganBefore.length).map((name) => name.replace(/#\d+$/, ''));
      outcomes.push({
        killAfter,
        result: resultOf(summaryOf(after)),
        beganTwice: began.filter((name, index) => began.indexOf(name) !== index),
        finishedAndBeganAgain: succeededIn(before).filter((name) => again.includes(name)),
      });
      expect(outcomes.at(-1)).toEqual({ killAfter, result: expected, beganTwice: [], finishedAndBeganAgain: [] });
    }
    expect(outcomes).toHaveLength(points);
  });
});
