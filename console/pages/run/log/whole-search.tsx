import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { plainLine } from '../../../../schemas/plain-text.ts';
import { apiPath, asProblem, send } from '../../../api/client.ts';
import { linesOf } from '../../../api/lines.ts';
import type { ApiProblem } from '../../../api/problem.ts';
import type { LogLine } from '../../../api/types.ts';
import { Problem } from '../../../parts/problem.tsx';
import { words } from '../../../text/index.ts';
import type { LogOf } from './log-window.ts';

/** More are not listed: whoever finds so many looks for something else. */
const mostFound = 200;
/** How far it has come is told each so many lines. */
const toldEach = 2000;

interface Found {
  readonly lines: readonly LogLine[];
  readonly read: number;
  readonly state: 'asked' | 'reading' | 'end';
  readonly problem?: ApiProblem;
}

/** Looks through a whole log, from its beginning, as it is read; what it finds leads to its place. */
export function WholeSearch({
  of: { run, job, step },
  wanted,
  open,
}: {
  readonly of: LogOf;
  /** In lower case. */
  readonly wanted: string;
  readonly open: (position: string) => void;
}): VNode {
  const text = words.value.log;
  const found = useSignal<Found>({ lines: [], read: 0, state: 'asked' });
  const begun = useSignal(false);
  useEffect(() => {
    if (!begun.value) return undefined;
    const over = new AbortController();
    void read(over.signal).catch((thrown: unknown) => {
      if (!over.signal.aborted) found.value = { ...found.value, state: 'end', problem: asProblem(thrown) };
    });
    return () => over.abort();
  }, [begun.value]);
  const read = async (signal: AbortSignal): Promise<void> => {
    const lines: LogLine[] = [];
    let count = 0;
    const asJson = JSON.stringify(wanted).slice(1, -1);
    const query = { job, step, follow: false };
    const response = await send(apiPath`v1/workflows/${run}/logs`, { query, accept: 'application/x-ndjson', signal });
    for await (const one of linesOf(response)) {
      if (one === '') continue;
      count += 1;
      // What doesn't hold it needn't be read. A word in which the colour changes is not found.
      if (one.toLowerCase().includes(asJson)) {
        // As docs/rest-api.md has it.
        const line = JSON.parse(one) as LogLine;
        if (plainLine(line.text).toLowerCase().includes(wanted)) lines.push(line);
      }
      if (count % toldEach === 0) found.value = { lines: [...lines], read: count, state: 'reading' };
      if (lines.length === mostFound) break;
    }
    found.value = { lines, read: count, state: 'end' };
  };
  const { lines, read: count, state, problem } = found.value;
  if (!begun.value) {
    return (
      <p>
        <button type="button" onClick={() => (begun.value = true)}>
          {text.searchWhole}
        </button>
      </p>
    );
  }
  return (
    <div class="whole-search">
      <p role="status">{state === 'end' ? text.searched(lines.length, count) : text.searching(lines.length, count)}</p>
      {problem !== undefined && <Problem problem={problem} />}
      <ul>
        {lines.map((line) => (
          <li key={line.position}>
            <button type="button" onClick={() => open(line.position)}>
              <code>{line.at.slice(11, 19)}</code> {plainLine(line.text).slice(0, 300)}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
