import { describe, expect, it } from 'vitest';
import { noticesOf, type RunningCommand } from './command.ts';
import { crashingRun, finishedSteps, resultOf, wholeLines } from './crashing-run.ts';
import { isEveryCrash } from './every-crash.ts';

const points = isEveryCrash ? 30 : 8;

/** Kills the command (SIGKILL) when it has printed so many lines. */
async function killedAfter(command: RunningCommand, lines: number) {
  command.child.stdout.on('data', () => {
    if (command.stdout.split('\n').length > lines) command.kill('SIGKILL');
  });
  return await command.ended;
}

describe('a run of the command that is killed', () => {
  it(`is resumed to the same end, and no finished step runs again (${points} points)`, {
    timeout: 300_000,
  }, async () => {
    const whole = await crashingRun().begin().ended;
    const expected = resultOf(whole);
    expect(expected).toMatchObject({ status: 'failure' });
    const notices = noticesOf(whole).length;
    for (let point = 0; point < points; point += 1) {
      const crashing = crashingRun();
      const lines = 1 + Math.floor((point * (notices - 2)) / points);
      const before = await killedAfter(crashing.begin(), lines);
      const begun = crashing.ledger().length;
      const [first] = noticesOf({ stdout: wholeLines(before.stdout) });
      const after = await crashing.resume(first?.run ?? '').ended;
      const finished = finishedSteps(before.stdout);
      const again = crashing
        .ledger()
        .slice(begun)
        .filter((step) => finished.includes(step));
      expect({ lines, result: resultOf(after), again }).toEqual({ lines, result: expected, again: [] });
    }
  });
});
