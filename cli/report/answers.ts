import type { AwaitedSecrets, AwaitedSignal, Signal } from '../../engine/machine/index.ts';
import { assertNever, isJsonObject } from '../../schemas/index.ts';
import { shellWord } from '../../schemas/shell-word.ts';
import { plainLine } from './text.ts';

/** How a run is named on a command line. */
export interface RunWords {
  readonly run: string;
  /** `--state`, where it was given. */
  readonly state: string | undefined;
  /** `--server` or `--profile` with its value, where the run is on a server. */
  readonly server?: readonly string[];
}

/** A command about the run, to be copied: `waterflow cancel run-01… --state ./state`. */
export function runCommand(words: readonly string[], { run, state, server = [] }: RunWords): string {
  const [verb = '', ...rest] = words;
  const place = state === undefined ? server : ['--state', state];
  return ['waterflow', ...[...verb.split(' '), run, ...rest, ...place].map(shellWord)].join(' ');
}

/** What somebody is to send to a run. */
export type Awaited = AwaitedSignal | AwaitedSecrets;

/** The command that answers what a run waits for. */
export function answerCommand(awaited: Awaited, words: RunWords): string {
  switch (awaited.kind) {
    case 'approval':
      return runCommand(['approve', targetOf(awaited)], words);
    case 'signal':
      return runCommand(
        ['signal', awaited.name, ...(awaited.schema === undefined ? [] : ['--payload', 'JSON'])],
        words,
      );
    case 'secrets':
      return runCommand(['resume', ...awaited.secrets.flatMap((name) => ['--secret', name])], words);
    default:
      return assertNever(awaited);
  }
}

/** How `approve` names what it decides over: a job for its environment, else the job and the step. */
export function targetOf({ job, step }: Awaited): string {
  return step === undefined ? job : `${job}/${step}`;
}

/** What a run waits for, in words that follow its place: `waits for an approval by ada: ship it?`. */
export function awaitedText(awaited: Awaited): string {
  switch (awaited.kind) {
    case 'approval': {
      const by = awaited.approvers.length === 0 ? '' : ` by ${listed(awaited.approvers)}`;
      const message = awaited.message === undefined || awaited.message === '' ? '' : `: ${awaited.message}`;
      return plainLine(`waits for an approval${by}${message}`);
    }
    case 'signal':
      return plainLine(`waits for the signal ${awaited.name}`);
    case 'secrets':
      return plainLine(`waits for the values of secrets: ${awaited.secrets.join(', ')}`);
    default:
      return assertNever(awaited);
  }
}

/** What a job left behind, in words that follow its place. */
export function leftText({ reason }: { readonly reason: string }): string {
  return plainLine(`warning: not all of its workspace could be removed: ${reason}`);
}

/** What somebody sent, in words: `build/review is approved by ada: well done`, `received the signal paid from ada`. */
export function receivedText({ name, by, payload }: Signal): string {
  const approval = /^approval:(.+)$/su.exec(name)?.[1];
  if (approval === undefined || !isJsonObject(payload)) return `received the signal ${name} from ${by}`;
  const { decision, to, comment } = payload;
  const what =
    decision === 'push-back' && typeof to === 'string'
      ? `pushed back to ${to}`
      : decision === 'reject'
        ? 'rejected'
        : 'approved';
  return `${approval} is ${what} by ${by}${typeof comment === 'string' && comment !== '' ? `: ${comment}` : ''}`;
}

/** `ada`, `ada or bob`, `ada, bob or eve`. */
function listed(names: readonly string[]): string {
  const [last = '', ...others] = names.toReversed();
  return others.length === 0 ? last : `${others.toReversed().join(', ')} or ${last}`;
}
