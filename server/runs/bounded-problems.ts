import type { Diagnostic } from '../../schemas/index.ts';

/** More than anybody corrects before trying again. */
const mostProblems = 500;
/** Of all together, in characters. A workflow of 1 MiB may have problems whose texts are forty times as long. */
const mostText = 1024 * 1024;

/** As many problems as an answer has room for, errors before warnings where there are more; the last one says how many were left out. */
export function boundedProblems(all: readonly Diagnostic[]): readonly Diagnostic[] {
  const isError = ({ severity }: Diagnostic): boolean => severity === 'error';
  const ordered =
    all.length <= mostProblems ? all : [...all.filter(isError), ...all.filter((problem) => !isError(problem))];
  let room = mostText;
  const count = ordered.slice(0, mostProblems).findIndex((problem) => {
    room -= JSON.stringify(problem).length;
    return room < 0;
  });
  const shown = ordered.slice(0, count === -1 ? mostProblems : Math.max(1, count));
  const rest = ordered.slice(shown.length);
  const [first] = shown;
  if (first === undefined || rest.length === 0) return shown;
  return [...shown, leftOut(first.file, rest.some(isError) ? 'error' : 'warning', rest.length)];
}

function leftOut(file: string | undefined, severity: Diagnostic['severity'], count: number): Diagnostic {
  return {
    severity,
    code: 'LIMIT_EXCEEDED',
    message: `there are ${count} more problems`,
    remedy: 'Correct those that are listed first.',
    ...(file === undefined ? {} : { file, line: 1, column: 1 }),
  };
}
