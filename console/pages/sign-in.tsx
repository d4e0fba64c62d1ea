import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useId } from 'preact/hooks';
import type { ApiProblem } from '../api/problem.ts';
import { signInBy } from '../state/begin.ts';
import { words } from '../text/index.ts';

/** Asks for a key or a token. `why`: what ended the session before. */
export function SignIn({ why }: { readonly why: ApiProblem | undefined }): VNode {
  const text = words.value.signIn;
  const key = useSignal('');
  const asking = useSignal(false);
  const refused = useSignal(why);
  const [field, hint, said] = [useId(), useId(), useId()];
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (asking.value || key.value.trim() === '') return;
    asking.value = true;
    refused.value = await signInBy(key.value.trim());
    asking.value = false;
  };
  return (
    <section class="sign-in">
      <h1>{text.title}</h1>
      <p>{text.explain}</p>
      <form onSubmit={(event) => void submit(event)}>
        <label for={field}>{text.label}</label>
        <input
          id={field}
          type="password"
          autocomplete="off"
          spellcheck={false}
          required
          value={key.value}
          aria-describedby={`${hint} ${said}`}
          aria-invalid={refused.value?.status === 401}
          onInput={({ currentTarget }) => (key.value = currentTarget.value)}
        />
        <p id={hint} class="muted">
          {text.hint}
        </p>
        <div id={said} role="alert">
          {refused.value !== undefined && <Refusal problem={refused.value} />}
        </div>
        <button type="submit" class="primary" disabled={asking.value}>
          {asking.value ? text.asking : text.submit}
        </button>
      </form>
    </section>
  );
}

function Refusal({ problem }: { readonly problem: ApiProblem }): VNode {
  const text = words.value;
  const title =
    problem.status === 401 ? text.signIn.unknownKey : problem.status === 0 ? text.problem.noAnswer : text.problem.title;
  return (
    <>
      <p class="error">{title}</p>
      <p class="muted breakable">
        {problem.status === 0 ? text.problem.noAnswerRemedy : [problem.message, problem.remedy].join(' ')}
      </p>
    </>
  );
}
