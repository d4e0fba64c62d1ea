import type { Engine } from '../../engine/port.ts';
import { assertNever, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { openOperations } from '../composition/engine.ts';
import { operatorName } from '../composition/operator.ts';
import { openStore } from '../composition/store.ts';
import { exitCodes } from '../exit-codes.ts';
import { runCommand } from '../report/answers.ts';
import { plainJson } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { findRun } from './find-run.ts';

/** What `waterflow cancel`, `terminate`, `pause` and `resume` ask of a run. */
export type Verb = 'cancel' | 'terminate' | 'pause' | 'resume';

/** Their options, as the command line gives them. */
export interface OperateOptions {
  readonly reason?: string;
  /** Of `resume`, for a run of a server that waits for the values of its secrets. */
  readonly secret?: readonly string[];
  readonly state?: string;
  readonly json?: boolean;
}

/** Asks a run to end early, to pause or to go on, and says when that takes effect; gives the exit code. */
export async function operate(
  terminal: Terminal,
  { verb, run: word }: { readonly verb: Verb; readonly run: string },
  options: OperateOptions,
): Promise<number> {
  if ((options.secret ?? []).length > 0) throw secretsElsewhere(word, options.state);
  const run = findRun(openStore(terminal, options.state), word);
  await using opened = openOperations(terminal, options.state);
  const reason = options.reason === undefined ? {} : { reason: options.reason };
  const asked = opened.engine.operate(run, { kind: verb, by: operatorName(), ...reason });
  const { takesEffect } =
    verb === 'resume' ? await notTheOther(asked, opened.engine, { run, state: options.state }) : await asked;
  const text = effectText(verb, { run, takesEffect, hint: resumeHint({ run, state: options.state }) });
  const json = { type: 'operation', run, operation: verb, takes_effect: takesEffect };
  terminal.stdout.write(`${options.json === true ? plainJson(json) : text}\n`);
  return exitCodes.ok;
}

/** A run of this machine gets its secrets from the process that drives it. */
function secretsElsewhere(run: string, state: string | undefined): WaterflowFailure {
  const remedy = `Give them to the process that drives it: ${runCommand(['run --resume', '--secret', 'NAME'], { run, state })}`;
  return usageError('--secret is for runs of a server', remedy);
}

/** Of a run that no process drives and that isn't paused, `run --resume` is meant. */
async function notTheOther<Result>(
  asked: Promise<Result>,
  engine: Engine,
  { run, state }: { readonly run: RunId; readonly state: string | undefined },
): Promise<Result> {
  try {
    return await asked;
  } catch (cause) {
    if (!(cause instanceof WaterflowFailure) || cause.error.code !== 'RUN_STATE') throw cause;
    const { driven, ended_at } = await engine.info(run);
    if (driven || ended_at !== undefined) throw cause;
    const remedy = `Let it go on: ${runCommand(['run --resume'], { run, state })}`;
    throw new WaterflowFailure({
      ...cause.error,
      message: `run ${run} is not paused, but no process drives it`,
      remedy,
    });
  }
}

/** When an operation takes effect. */
export interface Effect {
  readonly run: RunId;
  readonly takesEffect: 'now' | 'when resumed';
  /** What lets the run go on, where it doesn't by itself. */
  readonly hint: string;
}

/** What follows where no process drives the run: the command that lets it go on. */
export function resumeHint({ run, state }: { readonly run: RunId; readonly state: string | undefined }): string {
  return `no process drives it: ${runCommand(['run --resume'], { run, state })}`;
}

/** What becomes of a run that was asked for something. */
export function effectText(verb: Verb, { run, takesEffect, hint }: Effect): string {
  if (takesEffect === 'when resumed') return `${run} ${laterText(verb)}; ${hint}`;
  switch (verb) {
    case 'cancel':
      return `${run} is being cancelled: its always() steps still run`;
    case 'terminate':
      return `${run} is terminated`;
    case 'pause':
      return `${run} is paused: what runs goes on, nothing new begins`;
    case 'resume':
      return `${run} goes on`;
    default:
      return assertNever(verb);
  }
}

function laterText(verb: Verb): string {
  switch (verb) {
    case 'cancel':
      return 'will be cancelled when it is resumed';
    case 'terminate':
      return 'will be terminated when it is resumed';
    case 'pause':
      return 'is paused';
    case 'resume':
      return 'is paused no more';
    default:
      return assertNever(verb);
  }
}
