import type { RunNotice } from '../../engine/port.ts';
import type { OutputStream } from '../terminal.ts';
import { answerCommand, awaitedText, leftText, type RunWords, runCommand, targetOf } from './answers.ts';
import { fit } from './columns.ts';
import type { PlanFacts } from './plan-facts.ts';
import type { Reporter } from './reporter.ts';
import { createStyle, type Style } from './style.ts';
import { plainLine } from './text.ts';
import { foldedLines, type LineLayout, unfoldedLines } from './tree-lines.ts';
import { RunView } from './view.ts';

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
  readonly facts: PlanFacts;
  /** How the run is named in the commands that answer what it waits for. */
  readonly words: RunWords;
}

/** A live tree of jobs and steps on a terminal, redrawn in place. */
export function createTreeReporter({ stdout, now, every, facts, words }: TreePowers): Reporter {
  const view = new RunView(facts);
  const style = createStyle({ colours: stdout.colours });
  const messages: string[] = [];
  /** What is to stand above the tree for good: a command that is drawn over or cut off couldn't be copied. */
  let above: string[] = [];
  let drawnLines = 0;

  const draw = (): void => {
    const { columns, rows } = stdout.size();
    // What stands above the terminal's first row can't be redrawn, and the cursor's own row is needed, too.
    const lines = renderTree(view, { style, now: now(), columns, rows: rows - 1, messages });
    const back = drawnLines > 0 ? `\u001b[${drawnLines}A\r\u001b[J` : '';
    stdout.write(`${back}${[...above, ...lines].map((line) => `${line}\n`).join('')}`);
    above = [];
    drawnLines = lines.length;
  };
  const redraw = (): void => {
    // A terminal that doesn't read (Ctrl-S) gets the next picture when it has taken this one.
    if (!stdout.behind()) draw();
  };

  stdout.write(hideCursor);
  const stop = every(redrawMs, redraw);
  return {
    notice: (notice) => {
      view.apply(notice);
      if (notice.type === 'awaiting') above.push(...awaitedLines(notice, { style, words }));
      if (notice.type === 'workspace_left') above.push(`${style.bold(plainLine(notice.job))} ${leftText(notice)}`);
      if (notice.type === 'run_paused') above.push(...pausedLines(notice, { style, words }));
    },
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

/** What the run waits for, and the command that answers it. */
function awaitedLines(
  { signal }: Extract<RunNotice, { readonly type: 'awaiting' }>,
  { style, words }: { readonly style: Style; readonly words: RunWords },
): readonly string[] {
  return [
    `${style.bold(plainLine(targetOf(signal)))} ${awaitedText(signal)}`,
    `  ${plainLine(answerCommand(signal, words))}`,
  ];
}

/** Who paused the run, and the command that lets it go on. */
function pausedLines(
  { by }: Extract<RunNotice, { readonly type: 'run_paused' | 'run_resumed' }>,
  { style, words }: { readonly style: Style; readonly words: RunWords },
): readonly string[] {
  return [style.bold(plainLine(`paused by ${by}`)), `  ${runCommand(['resume'], words)}`];
}

/** What a drawing depends on beside the run. */
export interface TreeLayout extends LineLayout {
  /** The most lines that may be drawn. */
  readonly rows: number;
  /** Lines of our own below the tree. */
  readonly messages?: readonly string[];
}

/** The lines of the tree. Where they don't fit, what is over folds to a line each, then the first lines give way. */
export function renderTree(view: RunView, layout: TreeLayout): readonly string[] {
  const messages = (layout.messages ?? []).map((text) => fit(text, layout.columns));
  const title = layout.style.bold(fit(view.title, layout.columns));
  const notes = view.note === '' ? [] : [fit(view.note, layout.columns)];
  const room = Math.max(0, layout.rows - 1 - notes.length - messages.length);
  const whole = unfoldedLines(view, layout);
  const body = whole.length <= room ? whole : foldedLines(view, layout);
  return [title, ...notes, ...lastLines(body, room, layout), ...messages].slice(-Math.max(1, layout.rows));
}

function lastLines(body: readonly string[], room: number, layout: TreeLayout): readonly string[] {
  if (body.length <= room) return body;
  if (room === 0) return [];
  const shown = room === 1 ? [] : body.slice(1 - room);
  return [layout.style.dim(fit(`… ${body.length - shown.length} more lines above`, layout.columns)), ...shown];
}
