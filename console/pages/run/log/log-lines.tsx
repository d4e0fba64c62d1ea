import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { plainLogLine } from '../../../../schemas/plain-text.ts';
import type { LogLine } from '../../../api/types.ts';
import { placeInColumn, useRoving } from '../../../parts/roving.ts';
import { words } from '../../../text/index.ts';
import { fullTime } from '../../../text/times.ts';
import { AnsiText } from './ansi.tsx';

/** As the style sheet has it, in CSS pixels: what isn't seen isn't made, and where it would be is counted. */
const lineHeight = 24;
/** Lines that are made beyond what is seen, on both sides. */
const spare = 20;
/** Of a line whose link is read out, in UTF-16 code units. */
const mostTold = 200;
/** So near the end counts as at it, in lines. */
const nearEnd = 3;

/** Lines of a log in a box that scrolls, however many there are. */
export function LogLines({
  lines,
  search,
  current,
  linked,
  follows,
  stopFollowing,
  atEnd,
  linkOf,
}: {
  readonly lines: readonly LogLine[];
  /** In lower case. */
  readonly search: string;
  /** The line that is to be seen. */
  readonly current: number | undefined;
  /** The position of the line that the address names. */
  readonly linked: string | undefined;
  readonly follows: boolean;
  readonly stopFollowing: () => void;
  readonly atEnd: () => void;
  readonly linkOf: (position: string) => string;
}): VNode {
  const box = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const height = useSignal(600);
  const isThere = linked !== undefined && lines.some(({ position }) => position === linked);

  useLayoutEffect(() => {
    if (box.current !== null) height.value = box.current.clientHeight;
  });
  useLayoutEffect(() => {
    if (follows && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [lines, follows]);
  useEffect(() => {
    if (current !== undefined) show(box.current, current);
  }, [current]);
  useEffect(() => {
    if (isThere)
      show(
        box.current,
        lines.findIndex(({ position }) => position === linked),
      );
  }, [isThere, linked]);

  const scrolled = (): void => {
    if (box.current === null) return;
    const { scrollTop, clientHeight, scrollHeight } = box.current;
    const left = scrollHeight - scrollTop - clientHeight;
    if (follows && scrollTop < top.value && left > nearEnd * lineHeight) stopFollowing();
    if (left < spare * lineHeight) atEnd();
    if (isScrolledAway(box.current)) box.current.focus({ preventScroll: true });
    top.value = scrollTop;
    height.value = clientHeight;
  };
  const first = Math.max(0, Math.floor(top.value / lineHeight) - spare);
  const last = Math.min(lines.length, Math.ceil((top.value + height.value) / lineHeight) + spare);
  // Of those that are seen the first: counted, for to look where it is takes a layout with each step of scrolling.
  const roving = useRoving(box, nextLine, (links) => links[Math.ceil(top.value / lineHeight) - first]);
  return (
    // A box that scrolls has to be reached by the keyboard.
    <div
      ref={box}
      class="log-box"
      role="group"
      aria-label={words.value.log.lines(lines.length)}
      tabIndex={0}
      onScroll={scrolled}
      onKeyDown={roving.onKeyDown}
      onFocusIn={roving.onFocusIn}
    >
      <div class="log-whole" style={{ height: `${lines.length * lineHeight}px` }}>
        <div class="log-seen" style={{ transform: `translateY(${first * lineHeight}px)` }}>
          {lines.slice(first, last).map((line, index) => (
            <Line
              key={first + index}
              line={line}
              begins={isFirstOfAttempt(line, lines[first + index - 1])}
              search={search}
              isCurrent={first + index === current || line.position === linked}
              link={linkOf(line.position)}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

/** Home and End are the box's own: of its lines only those are there that are seen, and some beyond. */
function nextLine(key: string, at: HTMLElement, all: readonly HTMLElement[]): HTMLElement | undefined {
  return key === 'Home' || key === 'End' ? undefined : placeInColumn(key, at, all);
}

/** How far a line's link is above (less than 0) or below what is seen of its box, in CSS pixels; 0: it is seen. */
function distance(link: Element): number {
  const [part, whole] = [link.getBoundingClientRect(), link.closest('.log-box')?.getBoundingClientRect()];
  if (whole === undefined) return 0;
  return Math.min(0, part.top - whole.top) + Math.max(0, part.bottom - whole.bottom);
}

/** Whether the line that has the focus is about to go: it would be lost with it. */
function isScrolledAway(box: HTMLElement): boolean {
  const focused = box.querySelector('a:focus');
  return focused !== null && Math.abs(distance(focused)) >= (spare - 1) * lineHeight;
}

/** Whether another attempt of the step or of its job begins with a line. */
function isFirstOfAttempt(line: LogLine, before: LogLine | undefined): boolean {
  if (before === undefined) return line.attempt > 1 || line.job_attempt > 1;
  return line.attempt !== before.attempt || line.job_attempt !== before.job_attempt;
}

function Line({
  line: { at, stream, text, attempt, job_attempt },
  begins,
  search,
  isCurrent,
  link,
}: {
  readonly line: LogLine;
  readonly begins: boolean;
  readonly search: string;
  readonly isCurrent: boolean;
  readonly link: string;
}): VNode {
  const time = at.slice(11, 19);
  return (
    <div class={`line ${stream}${isCurrent ? ' current' : ''}${begins ? ' begins' : ''}`}>
      <a
        href={link}
        class="at"
        tabIndex={-1}
        title={`${fullTime(at)} (${at})`}
        aria-label={`${time} ${plainLogLine(text).slice(0, mostTold)}`}
        aria-current={isCurrent ? 'true' : undefined}
      >
        {time}
      </a>
      <span class="text">
        <AnsiText text={text} search={search} />
      </span>
      {begins && <span class="attempt">{words.value.log.attempt(attempt, job_attempt)}</span>}
    </div>
  );
}

function show(box: HTMLDivElement | null, line: number): void {
  if (box !== null) box.scrollTop = Math.max(0, line * lineHeight - box.clientHeight / 2);
}
