import type { Cause } from './api.ts';

/** How a job or step is named in a sentence: `step build/test`, `job build`. */
export function placeText({ job, step }: { readonly job?: string; readonly step?: string }): string {
  if (job === undefined) return 'the run';
  return step === undefined ? `job \`${job}\`` : `step \`${job}/${step}\``;
}

/** What the error of a lost agent begins with, which the sentence says itself. */
const lostBefore = /^the agent of the job was lost: /u;

/** What happened, in a sentence that follows a `because`. */
export function sentenceOf(cause: Omit<Cause, 'sentence'>): string {
  const { code, message, uses, exit_code, agent, expression, attempt } = cause;
  const place = placeText(cause);
  const node = uses === undefined ? place : `${place} (${uses})`;
  switch (code) {
    case 'STEP_FAILED':
      return exit_code === undefined
        ? `${node} failed: ${message}`
        : `the script of ${place} ended with exit code ${exit_code}${inAll(attempt)}`;
    case 'DENIED':
      return denied(cause, node);
    case 'TIMEOUT':
      return timedOut(cause, place);
    case 'OUT_OF_MEMORY':
      return `${node} needed more memory than it may have: ${message}`;
    case 'EVALUATION_FAILED':
      return `${expression === undefined ? 'an expression' : `the expression \`${oneLine(expression)}\``} of ${place} has no value: ${message}`;
    case 'AGENT_LOST':
      return `${agent === undefined ? 'the agent' : `the agent \`${agent}\``} that ran ${place} was lost: ${message.replace(lostBefore, '').replace(/^the agent (?=has )/u, 'it ')}`;
    case 'QUEUE_TIMEOUT':
    case 'QUEUE_EMPTY':
      return `no agent took ${place}: ${message}`;
    case 'REJECTED':
      return `${place} was not approved: ${message}`;
    case 'SECRET_MISSING':
    case 'SECRET_NOT_READABLE':
    case 'SECRET_NOT_FOUND':
    case 'SECRET_DENIED':
    case 'SECRET_UNREACHABLE':
    case 'SECRET_INVALID':
      return `${place} needs a secret that could not be had: ${message}`;
    case 'INVALID_INPUT':
      return `${node} was given what it doesn't take: ${message}`;
    case 'PLUGIN_NOT_FOUND':
    case 'PLUGIN_MISSING':
      return `the plugin of ${node} is not where it was to run: ${message}`;
    case 'PLUGIN_INVALID':
      return `the plugin of ${node} can't be used: ${message}`;
    case 'SANDBOX_CRASHED':
      return `the sandbox of ${node} broke: ${message}`;
    case 'CONFINEMENT_UNAVAILABLE':
      return `the machine can't confine ${node} as its policy requires: ${message}`;
    default:
      return `${node} failed: ${message}`;
  }
}

function inAll(attempts: number | undefined): string {
  return attempts === undefined || attempts < 2 ? '' : `, as in each of its ${attempts} attempts`;
}

function denied({ refused_calls, rule, message }: Omit<Cause, 'sentence'>, node: string): string {
  const [call, ...others] = refused_calls;
  if (call === undefined) return `${node} was not allowed what it asked for: ${message}`;
  const refuser = rule ?? call.rule;
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  return `${node} was not allowed \`${call.capability}.${call.operation} ${call.subject}\`${more}: ${
    refuser === undefined ? message : `${refuser} refuses it`
  }`;
}

function timedOut({ clock, message }: Omit<Cause, 'sentence'>, place: string): string {
  switch (clock) {
    case 'job':
      return `the time of the whole job ran out during ${place}: ${message}`;
    case 'answer':
      return `nobody answered ${place} in time: ${message}`;
    default:
      return `the time of ${place} ran out: ${message}`;
  }
}

const longest = 120;

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/gu, ' ').trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}
