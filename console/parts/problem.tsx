import type { VNode } from 'preact';
import type { ApiProblem } from '../api/problem.ts';
import { words } from '../text/index.ts';

/** What did not work, why, and what to do about it; with a way to try again where there is one. */
export function Problem({
  problem,
  again,
  isOver = false,
}: {
  readonly problem: ApiProblem;
  readonly again?: (() => void) | undefined;
  /** It lies over what is shown, which stays in its place. */
  readonly isOver?: boolean;
}): VNode {
  const text = words.value.problem;
  const { title, message, remedy } = described(problem);
  // What the server says is in English; that none answers, the console says.
  const of = problem.status === 0 ? undefined : 'en';
  return (
    <section class={isOver ? 'problem over' : 'problem'} role="alert">
      <h2>{title}</h2>
      {message !== undefined && (
        <p class="breakable" lang={of}>
          {message}
        </p>
      )}
      {remedy !== '' && (
        <p class="breakable" lang={of}>
          {remedy}
        </p>
      )}
      {problem.errors.length > 1 && (
        <ul>
          {problem.errors.map((error) => (
            <li class="breakable" lang="en">
              <code>{error.code}</code> {error.message} {error.remedy}
            </li>
          ))}
        </ul>
      )}
      <p class="muted">
        <code>{problem.code}</code>
        {problem.requestId !== undefined && <> · {text.request(problem.requestId)}</>}
      </p>
      {again !== undefined && (
        <button type="button" onClick={again}>
          {text.tryAgain}
        </button>
      )}
    </section>
  );
}

/** What the console can say in the reader's language it does; the rest is in the server's words. */
function described({ status, message, remedy }: ApiProblem): {
  readonly title: string;
  readonly message?: string;
  readonly remedy: string;
} {
  const text = words.value.problem;
  if (status === 0) return { title: text.noAnswer, remedy: text.noAnswerRemedy };
  if (status === 403) return { title: text.forbidden, message, remedy };
  if (status === 404) return { title: text.notFound, message, remedy };
  return { title: text.title, message, remedy };
}
