import type { OutputStream } from '../terminal.ts';
import type { Reporter } from './reporter.ts';
import { createStyle, type Style } from './style.ts';
import { fit, formatDuration } from './text.ts';
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
}

/** A live tree of jobs and steps on a terminal, redrawn in place. */
export function createTreeReporter({ stdout, now, every }: TreePowers): Reporter {
  const view = new RunView();
  const style = createStyle({ colours: stdout.colours });
  let drawnLines = 0;
  const messages: string[] = [];

  const draw = (): void => {
    const { columns, rows } = stdout.size();
    const lines = [...renderTree(view, { style, now: now(), columns, rows: rows - messages.length - 1 }), ...messages];
    const back = drawnLines > 0 ? `\u001b[${drawnLines}A\r\u001b[J` : '';
    stdout.write(`${back}${lines.map((line) => `${line}\n`).join('')}`);
    drawnLines = lines.length;
  };

  stdout.write(hideCursor);
  const stop = every(redrawMs, draw);
  return {
    notice: (notice) => view.apply(notice),
    message: (text) => {
      messages.push(text);
      draw();
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
  readonly columns: number;
  readonly rows: number;
}

/** The lines of the tree. Where they don't fit, finished jobs fold to a line each, then the first lines give way. */
export function renderTree(view: RunView, layout: TreeLayout): readonly string[] {
  const jobs = [...view.jobs.values()];
  const whole = jobs.flatMap((job) => renderJob(job, layout, 'unfolded'));
  const folded = (): readonly string[] =>
    jobs.flatMap((job) => renderJob(job, layout, job.endedAt === undefined ? 'unfolded' : 'folded'));
  const body = whole.length + 1 <= layout.rows ? whole : folded();
  const shown = body.length + 1 <= layout.rows ? body : body.slice(body.length - Math.max(1, layout.rows - 2));
  const hidden = body.length - shown.length;
  const title = layout.style.bold(fit(view.title, layout.columns));
  return hidden === 0 ? [title, ...shown] : [title, layout.style.dim(`… ${hidden} more lines above`), ...shown];
}

function renderJob(job: JobView, layout: TreeLayout, fold: 'folded' | 'unfolded'): readonly string[] {
  const duration = formatDuration((job.endedAt ?? layout.now) - job.startedAt);
  const name = fit(job.name, layout.columns - duration.length - 4);
  const head = `${layout.style.symbol(job.status)} ${name} ${layout.style.dim(duration)}`;
  return fold === 'folded' ? [head] : [head, ...[...job.steps.values()].flatMap((step) => renderStep(step, layout))];
}

function renderStep(step: StepView, layout: TreeLayout): readonly string[] {
  const duration = formatDuration(step.durationMs ?? (step.startedAt === 0 ? 0 : layout.now - step.startedAt));
  const attempt = step.attempt > 1 ? ` attempt ${step.attempt}` : '';
  const denied = step.denied > 0 ? ` ${step.denied} denied` : '';
  const facts = `${duration}${attempt}${denied}`;
  const name = fit(step.name, layout.columns - facts.length - 6);
  const head = `  ${layout.style.symbol(step.status)} ${name} ${layout.style.dim(facts)}`;
  const tail = step.status === 'running' && step.lastLine !== '';
  return tail ? [head, layout.style.dim(`      ${fit(step.lastLine, layout.columns - 6)}`)] : [head];
}
