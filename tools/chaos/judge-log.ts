import { attemptKey, type StepAttempt } from './answers.ts';
import type { Evidence } from './evidence.ts';
import type { Execution } from './executions.ts';
import { middleLines, valueOf } from './workflow.ts';

/** The log of each step that has a result is whole and in order; that of one that was cut off is the beginning of one. */
export function logProblems(
  { log }: Pick<Evidence, 'log'>,
  attempts: readonly StepAttempt[],
  executions: readonly Execution[],
): readonly string[] {
  const lines = new Map<string, string[]>();
  for (const line of log) lines.set(attemptKey(line), [...(lines.get(attemptKey(line)) ?? []), line.text]);
  const unknown = [...lines.keys()].filter((key) => !attempts.some((attempt) => attemptKey(attempt) === key));
  return [
    ...unknown.map((key) => `there is a log of ${key}, which was not started`),
    ...attempts.flatMap((attempt) => problemOf(attempt, lines.get(attemptKey(attempt)) ?? [], executions)),
  ];
}

function problemOf(
  attempt: StepAttempt,
  lines: readonly string[],
  executions: readonly Execution[],
): readonly string[] {
  const { job, step, answer } = attempt;
  const isWhole = answer?.outcome === 'success';
  const token = isWhole ? answer.token : /^token (.+)$/u.exec(lines[0] ?? '')?.[1];
  const expected = [`token ${token}`, ...middleLines, `value ${valueOf(job, Number(step.slice(1)))}`];
  const found = lines.join('\n');
  const isRight = isWhole ? found === expected.join('\n') : found === '' || isBeginning(found, expected, executions);
  return isRight
    ? []
    : [`the log of ${attemptKey(attempt)} is ${JSON.stringify(lines)}, not ${JSON.stringify(expected)}`];
}

function isBeginning(found: string, expected: readonly string[], executions: readonly Execution[]): boolean {
  // Cut off within its first line it names nobody.
  if (!found.includes('\n')) return executions.some(({ token }) => `token ${token}`.startsWith(found));
  return expected.join('\n').startsWith(found) && executions.some(({ token }) => expected[0] === `token ${token}`);
}
