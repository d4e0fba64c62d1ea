import { didYouMean } from '../../dsl/did-you-mean.ts';
import { allSteps, placeOfJob } from '../../dsl/index.ts';
import type { Engine, RunDetails } from '../../engine/port.ts';
import { type RunId, WaterflowFailure } from '../../schemas/index.ts';
import type { PlacedSegment, RunReading } from '../../storage/index.ts';
import { usageError } from '../command.ts';
import { openOperations } from '../composition/engine.ts';
import { openStore } from '../composition/store.ts';
import { exitCodes } from '../exit-codes.ts';
import { createJsonLog, createPlainLog, type LogWriter } from '../report/stored-log.ts';
import type { Terminal } from '../terminal.ts';
import { findRun } from './find-run.ts';

/** `waterflow logs`'s options, as the command line gives them. */
export interface LogsOptions {
  readonly job?: string;
  readonly step?: string;
  readonly follow?: boolean;
  /** How many lines, of a run on a server. */
  readonly tail?: string;
  /** A time, or a duration, of a run on a server. */
  readonly since?: string;
  readonly state?: string;
  readonly json?: boolean;
}

/** How often a run that is followed is looked at. */
const lookAgainMs = 250;

/** Prints what the steps of a run wrote, and goes on with --follow until it ends; gives the exit code. */
export async function logs(terminal: Terminal, word: string, options: LogsOptions): Promise<number> {
  if (options.tail !== undefined || options.since !== undefined) {
    throw usageError(
      '--tail and --since are for runs of a server',
      'Name the server, or leave them out: `waterflow logs latest | tail`.',
    );
  }
  const store = openStore(terminal, options.state);
  const run = findRun(store, word);
  await using opened = openOperations(terminal, options.state);
  refuseUnknown(await opened.engine.inspect(run), options);
  using reading = store.read(run);
  const writer = options.json === true ? createJsonLog(terminal.stdout, run) : createPlainLog(terminal.stdout);
  const printer = new Printer(terminal, reading, { wanted: (segment) => isWanted(segment, options), writer });
  const code = await printAll(terminal, { run, engine: opened.engine, printer, follow: options.follow === true });
  writer.end();
  return code;
}

async function printAll(
  terminal: Terminal,
  parts: { readonly run: RunId; readonly engine: Engine; readonly printer: Printer; readonly follow: boolean },
): Promise<number> {
  const { run, engine, printer } = parts;
  using waiting = new Waiting(terminal);
  let told = false;
  for (;;) {
    // In this order: what an ended run wrote is there.
    const { ended_at, status, driven } = await engine.info(run);
    await printer.printNew();
    if (!parts.follow || terminal.stdout.failure() !== undefined) return exitCodes.ok;
    if (ended_at !== undefined) {
      terminal.stderr.write(`${run} has ended: ${status}\n`);
      return exitCodes.ok;
    }
    if (!driven && !told)
      terminal.stderr.write(`no process drives ${run} at the moment; waiting until it is resumed\n`);
    told = !driven;
    if ((await waiting.next()) === 'interrupted') return exitCodes.interrupted;
  }
}

/** Prints segments of a log from where it stopped the last time. */
class Printer {
  readonly #terminal: Terminal;
  readonly #reading: RunReading;
  readonly #wanted: (segment: PlacedSegment) => boolean;
  readonly #writer: LogWriter;
  #position = 0;

  constructor(
    terminal: Terminal,
    reading: RunReading,
    { wanted, writer }: { readonly wanted: (segment: PlacedSegment) => boolean; readonly writer: LogWriter },
  ) {
    this.#terminal = terminal;
    this.#reading = reading;
    this.#wanted = wanted;
    this.#writer = writer;
  }

  async printNew(): Promise<void> {
    for (const segment of this.#reading.logsAfter(this.#position)) {
      this.#position = segment.position;
      if (!this.#wanted(segment)) continue;
      this.#writer.write(segment);
      await this.#terminal.stdout.ready();
      if (this.#terminal.stdout.failure() !== undefined) return;
    }
  }
}

/** Waits until it is time to look again, or somebody has had enough. */
class Waiting implements Disposable {
  readonly #stops: readonly (() => void)[];
  #interrupted = false;
  #wake: () => void = () => {};

  constructor({ every, onInterrupt }: Terminal) {
    this.#stops = [
      every(lookAgainMs, () => this.#wake()),
      onInterrupt(() => {
        this.#interrupted = true;
        this.#wake();
      }),
    ];
  }

  async next(): Promise<'due' | 'interrupted'> {
    if (!this.#interrupted) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#interrupted ? 'interrupted' : 'due';
  }

  [Symbol.dispose](): void {
    for (const stop of this.#stops) stop();
  }
}

/** A job's id means its cells, hosts and called jobs, too; a step's key the steps inside of it. */
function isWanted({ job, step }: PlacedSegment, wanted: Pick<LogsOptions, 'job' | 'step'>): boolean {
  return isJob(job, wanted.job) && isStep(step, wanted.step);
}

function isJob(job: string, wanted: string | undefined): boolean {
  return wanted === undefined || job === wanted || job.startsWith(`${wanted} `);
}

function isStep(step: string, wanted: string | undefined): boolean {
  if (wanted === undefined || step === wanted) return true;
  return step.startsWith(`${wanted}.`) || step.startsWith(`${wanted}[`);
}

/** The keys of the jobs that a word means. Throws INVALID_INPUT where there are none. */
export function jobsMeant(keys: readonly string[], job: string | undefined): readonly string[] {
  const meant = keys.filter((key) => isJob(key, job));
  if (job !== undefined && meant.length === 0) throw unknown('job', job, keys);
  return meant;
}

/** A job or step that the run hasn't would silently have no log. */
function refuseUnknown({ plan, jobs }: RunDetails, { job, step }: LogsOptions): void {
  const meant = jobsMeant(Object.keys(jobs), job);
  if (step === undefined) return;
  const steps = new Set(
    meant.flatMap((key) => {
      const planned = placeOfJob(plan, key)?.job;
      return planned === undefined ? [] : Array.from(allSteps(planned), (one) => one.key);
    }),
  );
  // The plan knows steps without their iterations.
  if (!steps.has(step.replaceAll(/\[\d+\]/gu, ''))) throw unknown('step', step, [...steps]);
}

function unknown(what: 'job' | 'step', word: string, known: readonly string[]): WaterflowFailure {
  const guess = didYouMean(word, known);
  const mostNames = 20;
  const list = known.length > mostNames ? `${known.slice(0, mostNames).join(', ')}, …` : known.join(', ');
  return new WaterflowFailure({
    code: 'INVALID_INPUT',
    message: `the run has no ${what} \`${word}\``,
    remedy: `${guess === undefined ? '' : `Did you mean \`${guess}\`? `}There is: ${list}.`,
  });
}
