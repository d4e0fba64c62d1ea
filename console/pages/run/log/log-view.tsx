import { plainLogLine } from '../../../../schemas/plain-text.ts';
import { useComputed, useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { Problem } from '../../../parts/problem.tsx';
import { route } from '../../../state/route.ts';
import { linkTo } from '../../../state/route-text.ts';
import { words } from '../../../text/index.ts';
import { LogLines } from './log-lines.tsx';
import { type LogOf, type LogStart, LogWindow } from './log-window.ts';
import { SaveLog } from './save-log.tsx';
import { WholeSearch } from './whole-search.tsx';

/** The log of a step: its last lines as they come, or any part of it. */
export function LogView({ of }: { readonly of: LogOf }): VNode {
  const text = words.value.log;
  const linked = route.value.query.get('line');
  const start = useSignal<LogStart>(linked === null ? { from: 'end' } : { around: linked });
  useEffect(() => {
    if (linked !== null) start.value = { around: linked };
  }, [linked]);
  const began = start.value;
  const reading = useMemo(() => new LogWindow(of, began), [of.run, of.job, of.step, began]);
  useEffect(() => () => reading[Symbol.dispose](), [reading]);
  const { lines, hasEarlier, state, problem } = reading.state.value;

  const search = useSignal('');
  const wanted = search.value.trim().toLowerCase();
  const found = useMemo(
    () =>
      wanted === ''
        ? []
        : [...lines.keys()].filter((at) =>
            plainLogLine(lines[at]?.text ?? '')
              .toLowerCase()
              .includes(wanted),
          ),
    [lines, wanted],
  );
  const current = useSignal(0);
  const shown = useComputed(() => Math.min(current.value, Math.max(0, found.length - 1)));
  const step = (by: number): void => {
    if (found.length > 0) current.value = (shown.value + by + found.length) % found.length;
  };
  const isAtEnd = 'from' in began && began.from === 'end';
  const follows = useSignal(true);
  return (
    <section class="log" aria-label={text.title}>
      <div class="log-bar">
        <form
          role="search"
          onSubmit={(event) => {
            event.preventDefault();
            step(1);
          }}
        >
          <input
            type="search"
            aria-label={text.search}
            placeholder={text.search}
            value={search.value}
            onInput={({ currentTarget }) => {
              search.value = currentTarget.value;
              current.value = 0;
            }}
          />
          {wanted !== '' && (
            <>
              <span role="status">{text.found(found.length === 0 ? 0 : shown.value + 1, found.length)}</span>
              <button type="button" onClick={() => step(-1)} disabled={found.length === 0}>
                {text.previous}
              </button>
              <button type="submit" disabled={found.length === 0}>
                {text.next}
              </button>
            </>
          )}
        </form>
        <span class="spacer" />
        {isAtEnd ? (
          <label class="box">
            <input
              type="checkbox"
              checked={follows.value}
              onChange={({ currentTarget }) => (follows.value = currentTarget.checked)}
            />
            {text.follow}
          </label>
        ) : (
          <button
            type="button"
            onClick={() => {
              start.value = { from: 'end' };
              follows.value = true;
            }}
          >
            {text.toEnd}
          </button>
        )}
        {hasEarlier && (
          <button type="button" onClick={() => (start.value = { from: 'beginning' })}>
            {text.toBeginning}
          </button>
        )}
        {lines.length > 0 && <SaveLog of={of} />}
      </div>
      {wanted !== '' && hasEarlier && (
        <WholeSearch key={wanted} of={of} wanted={wanted} open={(position) => (start.value = { around: position })} />
      )}
      {problem !== undefined && <Problem problem={problem} again={() => reading.more()} />}
      {lines.length === 0 && state === 'end' && problem === undefined && <p class="empty">{text.empty}</p>}
      {/* Where nothing was written there is nothing to scroll. */}
      {lines.length > 0 && (
        <LogLines
          lines={lines}
          search={wanted}
          current={found[shown.value]}
          linked={'around' in began ? began.around : undefined}
          follows={isAtEnd && follows.value && wanted === ''}
          stopFollowing={() => (follows.value = false)}
          atEnd={() => reading.more()}
          linkOf={(position) => linkTo(route.value.path, { job: of.job, step: of.step, line: position })}
        />
      )}
      {state !== 'end' && lines.length === 0 && (
        <p class="muted" role="status">
          {text.nothingYet}
        </p>
      )}
    </section>
  );
}
