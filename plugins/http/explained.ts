import { type HostError, stepFailure } from 'waterflow/plugin';
import type { Inputs } from './inputs.ts';

interface Explanation {
  readonly code: string;
  /** What the agent says, up to what only a plugin's author could do about it. */
  readonly says: RegExp;
  readonly remedy: string | ((inputs: Inputs) => string);
}

const explanations: readonly Explanation[] = [
  {
    code: 'LIMIT_EXCEEDED',
    says: /^the response is larger than \d+ bytes/,
    remedy: ({ download }) =>
      download === undefined
        ? 'Let it go to a file by `download`: `body` has room for 1 MiB.'
        : "Raise `max-size`, or `limits.response` of the policy's entry where that is less.",
  },
  {
    code: 'LIMIT_EXCEEDED',
    says: /^more than \d+ redirects; the last led to .*/s,
    remedy: 'Raise `redirects`, unless they lead in a circle.',
  },
  {
    code: 'TIMEOUT',
    says: /^\S+ did not answer within \d+ ms/,
    remedy: 'See whether the server is well, or raise `timeout`.',
  },
  {
    code: 'TIMEOUT',
    says: /^.*/s,
    remedy:
      'See whether the server is well and can be reached from where the step runs, or let `retry` of the step try again.',
  },
  {
    code: 'INVALID_ARGUMENTS',
    says: /^the secret `\w+` can't stand in the body of a request/,
    remedy:
      'Give it as `token`, as `password` or in `headers`, if the server takes it there; a body that needs it is sent by `run@v1`, whose program has it from its `env`.',
  },
  {
    code: 'INVALID_ARGUMENTS',
    says: /^the secret `\w+` can't stand in `auth\.basic\.user`/,
    remedy: 'Write `user` out, or give the whole of `Authorization` as a secret in `headers`.',
  },
];

/** A failure of a request in the terms of this node's inputs. What the agent refused, and what isn't known here, stays as it is. */
export function explained(failure: unknown, inputs: Inputs): unknown {
  if (!isHostError(failure)) return failure;
  for (const { code, says, remedy } of explanations) {
    const said = failure.code === code ? says.exec(failure.message)?.[0] : undefined;
    if (said === undefined) continue;
    return stepFailure(said, { remedy: typeof remedy === 'string' ? remedy : remedy(inputs) });
  }
  return failure;
}

function isHostError(failure: unknown): failure is HostError {
  return failure instanceof Error && failure.name === 'HostError' && 'code' in failure;
}
