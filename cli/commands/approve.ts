import { didYouMean } from '../../dsl/did-you-mean.ts';
import type { AwaitedSignal, Decision } from '../../engine/machine/index.ts';
import type { RunInfo } from '../../engine/port.ts';
import { type JsonObject, type StepKey, WaterflowFailure } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { openOperations } from '../composition/engine.ts';
import { operatorName } from '../composition/operator.ts';
import { openStore } from '../composition/store.ts';
import { exitCodes } from '../exit-codes.ts';
import { answerCommand, type RunWords, runCommand, targetOf } from '../report/answers.ts';
import { plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { findRun } from './find-run.ts';
import { resumeHint } from './operate.ts';

/** `waterflow approve`'s options, as the command line gives them. */
export interface ApproveOptions {
  readonly reject?: boolean;
  readonly pushBack?: string;
  readonly comment?: string;
  readonly by?: string;
  readonly state?: string;
  readonly json?: boolean;
}

type Approval = Extract<AwaitedSignal, { readonly kind: 'approval' }>;

/** Decides over a step or an environment that waits for an approval; gives the exit code. */
export async function approve(
  terminal: Terminal,
  { run: word, target }: { readonly run: string; readonly target: string | undefined },
  options: ApproveOptions,
): Promise<number> {
  const given = decisionOf(options);
  const run = findRun(openStore(terminal, options.state), word);
  const by = operatorName(options.by);
  await using opened = openOperations(terminal, options.state);
  const info = await opened.engine.info(run);
  const awaited = chosen(info, target, { run, state: options.state });
  const decision = withWholeTarget(given, awaited);
  // A Decision is JSON; its interfaces only lack JsonObject's index signature.
  const payload = decision as unknown as JsonObject;
  const signal = { name: awaited.name, by, payload };
  const { takesEffect } = await opened.engine.operate(run, { kind: 'signal', signal });
  if (options.json === true) {
    const decided = {
      job: awaited.job,
      ...(awaited.step === undefined ? {} : { step: awaited.step }),
      by,
      ...decision,
    };
    terminal.stdout.write(
      `${plainJson({ type: 'operation', run, operation: 'approve', ...decided, takes_effect: takesEffect })}\n`,
    );
    return exitCodes.ok;
  }
  const later = takesEffect === 'now' ? '' : `; ${resumeHint({ run, state: options.state })}`;
  terminal.stdout.write(`${plainLine(`${targetOf(awaited)} ${decidedText(decision)} by ${by}`)}${later}\n`);
  return exitCodes.ok;
}

/** What the options say, one decision. */
export function decisionOf({ reject, pushBack, comment }: ApproveOptions): Decision {
  const said = comment === undefined ? {} : { comment };
  if (pushBack === undefined) return { decision: reject === true ? 'reject' : 'approve', ...said };
  if (reject === true) throw usageError('there are two decisions', 'Give --reject or --push-back STEP, not both.');
  // Whether there is such a step, the run says.
  return { decision: 'push-back', to: pushBack as StepKey, ...said };
}

/** A step may be named without the steps around it, where only one of those that it can be is called so. */
export function withWholeTarget(decision: Decision, { push_back_to: targets }: Approval): Decision {
  if (decision.decision !== 'push-back' || targets.includes(decision.to)) return decision;
  const meant = targets.filter((key) => key.toLowerCase().endsWith(`.${decision.to.toLowerCase()}`));
  const [only] = meant;
  return only === undefined || meant.length > 1 ? decision : { ...decision, to: only };
}

/** A decision in words that follow what was decided over. */
export function decidedText(decision: Decision): string {
  switch (decision.decision) {
    case 'approve':
      return 'is approved';
    case 'reject':
      return 'is rejected';
    default:
      return `is pushed back to ${decision.to}`;
  }
}

/** What is decided over: the only thing that waits, or what `target` names: a job, a step of it, or both as `job/step`. */
export function chosen(info: RunInfo, target: string | undefined, words: RunWords): Approval {
  if (info.ended_at !== undefined) throw ended(info);
  const approvals = info.awaits.filter((one): one is Approval => one.kind === 'approval');
  if (approvals.length === 0) {
    throw refusal(`${info.run} waits for no approval`, `See what it is at: ${runCommand(['get'], words)}`);
  }
  const meant = target === undefined ? approvals : named(approvals, target);
  const [only, ...others] = meant;
  if (only !== undefined && others.length === 0) return only;
  const commands = (only === undefined ? approvals : meant).map((one) => answerCommand(one, words));
  const list = `${commands.slice(0, mostListed).join('; ')}${commands.length > mostListed ? '; …' : ''}.`;
  if (only !== undefined) {
    const what = target === undefined ? 'its approvals' : `the approvals of ${target}`;
    throw refusal(`${info.run} waits for ${meant.length} of ${what}`, `Name one of them: ${list}`);
  }
  const guess = didYouMean(
    target ?? '',
    approvals.flatMap(({ job, step }) => [job, ...(step === undefined ? [] : [step])]),
  );
  const hint = guess === undefined ? '' : `Did you mean ${guess}? `;
  throw refusal(`${info.run} waits for no approval of ${target}`, `${hint}It waits for these: ${list}`);
}

/** So that a message stays one to read. */
const mostListed = 10;

/** Letter case doesn't count, as in ids. What a word names exactly goes before what it names in part. */
function named(approvals: readonly Approval[], target: string): readonly Approval[] {
  const word = target.toLowerCase();
  const whole = approvals.filter((one) => targetOf(one).toLowerCase() === word || one.name.toLowerCase() === word);
  if (whole.length > 0) return whole;
  return approvals.filter(({ job, step }) => job.toLowerCase() === word || step?.toLowerCase() === word);
}

function ended({ run, status }: RunInfo): WaterflowFailure {
  return new WaterflowFailure({
    code: 'RUN_STATE',
    message: `run ${run} has ended: ${status}`,
    remedy: 'Rerun it, in whole or in part, or start the workflow anew.',
  });
}

function refusal(message: string, remedy: string): WaterflowFailure {
  return new WaterflowFailure({ code: 'SIGNAL_REFUSED', message: plainLine(message), remedy: plainLine(remedy) });
}
