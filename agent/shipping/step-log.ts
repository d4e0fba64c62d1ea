import type { StepTask } from '../../schemas/index.ts';

type Stream = 'stdout' | 'stderr' | 'log';

/** Why a part of a log wasn't kept. */
export type Lacking = 'no room in the spool' | 'no room on the disk';

/** Where the parts of a step's log go: one line of JSON each. */
export interface LogSink {
  /** Never throws: it is called at moments at which nobody waits for it. */
  readonly add: (line: string) => 'kept' | Lacking;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** A step's log on its way. */
export interface ShippedLog {
  readonly write: (stream: Stream, text: string) => void;
  /** Hands over what is still held back. */
  readonly flush: () => void;
  /** Its last lines. */
  readonly tail: () => string;
}

/** In UTF-16 code units: parts that come within a moment go as one, up to this. */
const mostText = 64 * 1024;
const holdMs = 50;
const tailText = 4096;

/** Numbers the parts of a step's log, as `POST /v1/agent/logs` takes them. */
export function createShippedLog({ run, job, step, job_attempt, attempt }: StepTask, sink: LogSink): ShippedLog {
  let held: { readonly stream: Stream; readonly at: number; text: string } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let sequence = 0;
  let dropped = 0;
  let lacking: Lacking = 'no room in the spool';
  let tail = '';
  const add = (stream: Stream, at: number, text: string): boolean => {
    const part = {
      run,
      job,
      step,
      job_attempt,
      attempt,
      sequence: sequence + 1,
      at: new Date(at).toISOString(),
      stream,
      text,
    };
    const added = sink.add(JSON.stringify(part));
    if (added === 'kept') sequence += 1;
    else lacking = added;
    return added === 'kept';
  };
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const part = held;
    held = undefined;
    // Numbers have no gaps: whatever was dropped is told of in its place.
    if (dropped > 0 && add('log', part?.at ?? sink.now(), droppedText(dropped, lacking))) dropped = 0;
    if (part === undefined) return;
    if (dropped > 0 || !add(part.stream, part.at, part.text)) dropped += part.text.length;
  };
  return {
    write(stream, text) {
      tail = `${tail}${text}`.slice(-tailText);
      if (held?.stream !== stream || held.text.length + text.length > mostText) flush();
      if (held === undefined) held = { stream, at: sink.now(), text };
      else held.text += text;
      timer ??= setTimeout(flush, holdMs);
    },
    flush,
    tail: () => tail,
  };
}

const reasons: Readonly<Record<Lacking, string>> = {
  'no room in the spool': "the server was not reached, and the agent's spool was full",
  'no room on the disk': "the agent's disk was full, or failed",
};

function droppedText(count: number, lacking: Lacking): string {
  return `[waterflow] ${count} characters of the log are missing here: ${reasons[lacking]}\n`;
}
