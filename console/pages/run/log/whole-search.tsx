import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { plainLogLine } from '../../../../schemas/plain-text.ts';
import { apiPath, asProblem, send } from '../../../api/client.ts';
import { linesOf } from '../../../api/lines.ts';
import type { ApiProblem } from '../../../api/problem.ts';
import type { LogLine } from '../../../api/types.ts';
import { Problem } from '../../../parts/problem.tsx';
import { words } from '../../../text/index.ts';
import type { LogOf } from './log-window.ts';

/** More are not listed: whoever finds so many looks for something else. */
const mostFound = 200;

interface Found {
  readonly lines: readonly LogLine[];
  readonly state: 'asked' | 'reading' | 'end';
  readonly problem?: ApiProblem;
}

/** Has the server look through a whole log, from its beginning; what it finds leads to its place. */
export function WholeSearch({
  of: { run, job, step },
  wanted,
  open,
}: {
  readonly of: LogOf;
  readonly wanted: string;
  readonly open: (position: string) => void;
}): VNode {
  const text = words.value.log;
  const found = useSignal<Found>({ lines: [], state: 'asked' });
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
    const query = { job, step, search: wanted, limit: mostFound, follow: false };
    const response = await send(apiPath`v1/workflows/${run}/logs`, { query, accept: 'application/x-ndjson', signal });
    for await (const one of linesOf(response)) {
      // Each is a LogLine, as docs/rest-api.md has it.
      if (one !== '') found.value = { lines: [...found.value.lines, JSON.parse(one) as LogLine], state: 'reading' };
    }
    found.value = { ...found.value, state: 'end' };
  };
  const { lines, state, problem } = found.value;
  const told = lines.length < mostFound ? text.searched : text.searchedSome;
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
      <p role="status">{(state === 'end' ? told : text.searching)(lines.length)}</p>
      {problem !== undefined && <Problem problem={problem} />}
      <ul>
        {lines.map((line) => (
          <li key={line.position}>
            <button type="button" onClick={() => open(line.position)}>
              <code>{line.at.slice(11, 19)}</code> {plainLogLine(line.text).slice(0, 300)}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
