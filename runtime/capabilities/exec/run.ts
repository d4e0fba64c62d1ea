import type { CallFailure, CallScope } from '../capability.ts';
import { watchOver } from './ending.ts';
import { drain, type OutputSink } from './output.ts';
import type { OutputPipes } from './pipes.ts';
import type { ExecPowers, KillGraces } from './powers.ts';
import type { ProgramEnd, RunningProgram } from './program.ts';
import type { Watch } from './watchdog.ts';

/** What runs a program to its end. */
export interface Run {
  readonly start: () => RunningProgram;
  readonly pipes: OutputPipes;
  readonly stdout: OutputSink;
  readonly stderr: OutputSink;
  readonly timeout_ms: number | undefined;
  /** What else may end it. */
  readonly watches: readonly Watch[];
  readonly scope: Pick<CallScope, 'signal' | 'kill'>;
  readonly graces: KillGraces;
  readonly powers: ExecPowers;
  /** Makes the failure of a program that never ran. */
  readonly notStarted: (why: string) => CallFailure;
}

/** What is left of a program. */
export interface Finished {
  readonly end: Extract<ProgramEnd, { readonly kind: 'exited' }>;
  readonly stdout: Buffer | undefined;
  readonly stderr: Buffer | undefined;
}

/** Of what the program last wrote to stderr, in bytes; says why it could not be started. */
const tailBytes = 500;

/** Starts the program and moves bytes until it and all that it started are gone. */
export async function runToEnd(run: Run): Promise<Finished> {
  try {
    const end = await runProgram(run);
    return { end, stdout: run.stdout.commit(), stderr: run.stderr.commit() };
  } catch (cause) {
    run.stdout.discard();
    run.stderr.discard();
    throw cause;
  }
}

async function runProgram(run: Run): Promise<Finished['end']> {
  const { pipes } = run;
  const program = startOf(run);
  pipes.closeWriters();
  const { signal, kill } = run.scope;
  const powers = { ...run.powers, graces: run.graces };
  using watch = watchOver(program, { signal, kill, timeout_ms: run.timeout_ms, powers });
  using watches = new DisposableStack();
  const watching = run.watches.map((start) => watches.use(start(program, (failure) => watch.now(failure))));
  const tail = { text: '' };
  const flows = [
    drain(pipes.stdout, run.stdout).catch((cause: unknown) => watch.now(cause)),
    drain(pipes.stderr, withTail(run.stderr, tail)).catch((cause: unknown) => watch.now(cause)),
  ];
  const end = await Promise.race([program.ended, watch.stuck]);
  await program.kill();
  await Promise.all(flows);
  if (watch.broken !== undefined) throw watch.broken.cause;
  const exceeded = watching.map(({ check }) => check?.()).find((failure) => failure !== undefined);
  const failure = exceeded ?? watch.failure;
  if (failure !== undefined) throw failure;
  if (end.kind === 'not started') throw run.notStarted(`${end.why} ${tail.text}`.trim());
  return end;
}

/** Node throws some failures of spawn at once, and tells others later. */
function startOf(run: Run): RunningProgram {
  try {
    return run.start();
  } catch (cause) {
    if (!(cause instanceof Error) || !('syscall' in cause)) throw cause;
    throw run.notStarted(cause.message);
  }
}

function withTail(sink: OutputSink, tail: { text: string }): OutputSink {
  return {
    ...sink,
    write(chunk) {
      tail.text = (tail.text + chunk.subarray(-tailBytes).toString('latin1')).slice(-tailBytes);
      return sink.write(chunk);
    },
  };
}
