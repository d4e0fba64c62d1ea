import type { OutputStream } from '../terminal.ts';
import { columnsOf, fit } from './columns.ts';
import type { Reporter } from './reporter.ts';
import { createStyle, type Style } from './style.ts';
import { formatDuration } from './text.ts';
import { type JobView, RunView, type StepView } from './view.ts';

/** How often the tree is redrawn while nothing but time changes. */
const redrawMs = 100;

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';

/** What the tree needs of the outside. */
export interface TreePowers {
  readonly stdout: OutputStream;
  readonly now: () => number;
  /** Calls back again and again until the returned function is called. */
  readonly every: (milliseconds: number, callback: () => void) => () => void;
  /** A step's name in the file, for one that never starts. */
  readonly nameOf: (job: string, step: string) => string | undefined;
}

/** A live tree of jobs and steps on a terminal, redrawn in place. */
export function createTreeReporter({ stdout, now, every, nameOf }: TreePowers): Reporter {
  const view = new RunView(nameOf);
  const style = createStyle({ colours: stdout.colours });
  const messages: string[] = [];
  let drawnLines = 0;

  const draw = (): void => {
    const { columns, rows } = stdout.size();
    // What stands above the terminal's first row can't be redrawn, and the cursor's own row is needed, too.
    const lines = renderTree(view, { style, now: now(), columns, rows: rows - 1, messages });
    const back = drawnLines > 0 ? `\u001b[${drawnLines}A\r\u001b[J` : '';
    stdout.write(`${back}${lines.map((line) => `${line}\n`).join('')}`);
    drawnLines = lines.length;
  };
  const redraw = (): void => {
    // A terminal that doesn't read (Ctrl-S) gets the next picture when it has taken this one.
    if (!stdout.behind()) draw();
  };

  stdout.write(hideCursor);
  const stop = every(redrawMs, redraw);
  return {
    notice: (notice) => view.apply(notice),
    message: (text) => {
      messages.push(text);
      redraw();
    },
    end: () => {
      stop();
      draw();
      stdout.write(showCursor);
    },
  };
}

/** What a drawing depends on beside the run. */
export interface TreeLayout {
  readonly style: Style;
  readonly now: number;
  /** The terminal's width and the most lines that may be drawn. */
  readonly columns: number;
  readonly rows: number;
  /** Lines of our own below the tree. */
  readonly messages?: readonly string[];
}

/** The lines of the tree. Where they don't fit, finished jobs fold to a line each, then the first lines give way. */
export function renderTree(view: RunView, layout: TreeLayout): readonly string[] {
  const messages = (layout.messages ?? []).map((text) => fit(text, layout.columns));
  const title = layout.style.bold(fit(view.title, layout.columns));
  const room = Math.max(0, layout.rows - 1 - messages.length);
  const jobs = [...view.jobs.values()];
  const whole = jobs.flatMap((job) => renderJob(job, layout, 'unfolded'));
  const body =
    whole.length <= room
      ? whole
      : jobs.flatMap((job) => renderJob(job, layout, job.endedAt === undefined ? 'unfolded' : 'folded'));
  return [title, ...lastLines(body, room, layout), ...messages].slice(-Math.max(1, layout.rows));
}

function lastLines(body: readonly string[], room: number, layout: TreeLayout): readonly string[] {
  if (body.length <= room) return body;
  if (room === 0) return [];
  const shown = room === 1 ? [] : body.slice(1 - room);
  return [layout.style.dim(fit(`… ${body.length - shown.length} more lines above`, layout.columns)), ...shown];
}

function renderJob(job: JobView, layout: TreeLayout, fold: 'folded' | 'unfolded'): readonly string[] {
  const facts = job.status === 'skipped' ? 'skipped' : formatDuration((job.endedAt ?? layout.now) - job.startedAt);
  const head = renderLine({ indent: 0, symbol: job.status, name: job.name, facts }, layout);
  return fold === 'folded' ? [head] : [head, ...[...job.steps.values()].flatMap((step) => renderStep(step, layout))];
}

function renderStep(step: StepView, layout: TreeLayout): readonly string[] {
  const duration = formatDuration(step.durationMs ?? layout.now - (step.startedAt ?? layout.now));
  const attempt = step.attempt > 1 ? ` attempt ${step.attempt}` : '';
  const denied = step.denied > 0 ? ` ${step.denied} denied` : '';
  const facts = step.status === 'skipped' ? 'skipped' : `${duration}${attempt}${denied}`;
  const head = renderLine({ indent: 2, symbol: step.status, name: step.name, facts }, layout);
  const tail = step.status === 'running' && step.lastLine !== '' && layout.columns > tailIndent;
  return tail
    ? [head, `${' '.repeat(tailIndent)}${layout.style.dim(fit(step.lastLine, layout.columns - tailIndent))}`]
    : [head];
}

const tailIndent = 6;

interface Line {
  readonly indent: number;
  readonly symbol: Parameters<Style['symbol']>[0];
  readonly name: string;
  readonly facts: string;
}

/** A symbol, a name and facts within the terminal's width: the name is cut first, then the facts. */
function renderLine(line: Line, { style, columns }: TreeLayout): string {
  const room = columns - line.indent - columnsOf('✓ ') - 1;
  const facts = fit(line.facts, room - 1);
  const name = fit(line.name, room - columnsOf(facts));
  return room < 1 ? '' : `${' '.repeat(line.indent)}${style.symbol(line.symbol)} ${name} ${style.dim(facts)}`;
}
