import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { apiPath, ask } from '../../../api/client.ts';
import type { WorkflowSource } from '../../../api/types.ts';
import { Loading } from '../../../parts/loading.tsx';
import { Problem } from '../../../parts/problem.tsx';
import { placeInColumn, useRoving } from '../../../parts/roving.ts';
import { useLoaded } from '../../../state/loaded.ts';
import { route } from '../../../state/route.ts';
import { linkTo } from '../../../state/route-text.ts';
import { words } from '../../../text/index.ts';

/** The workflow of a run as it was sent, and the files that it calls; from there one goes on to write it. */
export function FileTab({ run }: { readonly run: string }): VNode {
  const text = words.value.source;
  const { value, problem, refresh } = useLoaded(run, (signal) =>
    ask<WorkflowSource>(apiPath`v1/workflows/${run}/source`, { signal }),
  );
  if (problem.value !== undefined) return <Problem problem={problem.value} again={refresh} />;
  const source = value.value;
  if (source === undefined) return <Loading />;
  const { query } = route.value;
  const [wanted, line] = [query.get('file') ?? source.file, Number(query.get('line') ?? 0)];
  return (
    <>
      <p>
        <a href={linkTo(['editor'], { run })}>{text.edit}</a> <span class="muted">{text.explain}</span>
      </p>
      {Object.entries({ [source.file]: source.workflow, ...source.files }).map(([file, whole]) => (
        <Text key={file} run={run} file={file} whole={whole} line={isNamed(file, { source, wanted }) ? line : 0} />
      ))}
    </>
  );
}

/** Whether a file is the one that a diagnostic names: `./a.yml` and `a.yml` are one, and what is called may have the caller's folder before it. */
function isNamed(
  file: string,
  { source, wanted }: { readonly source: WorkflowSource; readonly wanted: string },
): boolean {
  const plain = (path: string): string => path.replace(/^(?:\.\/)+/u, '');
  const folder = plain(source.file).replace(/[^/]*$/u, '');
  return plain(file) === plain(wanted) || (file !== source.file && folder + plain(file) === plain(wanted));
}

function Text({
  run,
  file,
  whole,
  line,
}: {
  readonly run: string;
  readonly file: string;
  readonly whole: string;
  /** The one that is pointed at; 0: none. */
  readonly line: number;
}): VNode {
  const pointedAt = useRef<HTMLDivElement>(null);
  useEffect(() => pointedAt.current?.scrollIntoView({ block: 'center' }), [line]);
  const box = useRef<HTMLDivElement>(null);
  const roving = useRoving(box, placeInColumn);
  const lines = whole.split(/\r\n|\r|\n/u);
  if (lines.at(-1) === '') lines.pop();
  return (
    <section aria-label={file}>
      <h2 class="breakable">{file}</h2>
      <div
        ref={box}
        class="source-text"
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls has to be reached by keyboard
        tabIndex={0}
        role="region"
        aria-label={words.value.source.of(file)}
        onKeyDown={roving.onKeyDown}
        onFocusIn={roving.onFocusIn}
      >
        {lines.map((text, index) => {
          const number = index + 1;
          return (
            <div
              key={number}
              class={number === line ? 'line current' : 'line'}
              ref={number === line ? pointedAt : null}
            >
              <a
                class="at"
                tabIndex={-1}
                aria-current={number === line ? 'true' : undefined}
                href={linkTo(['runs', run, 'file'], { file, line: String(number) })}
                aria-label={words.value.source.line(number)}
              >
                {number}
              </a>
              <code>{text}</code>
            </div>
          );
        })}
      </div>
    </section>
  );
}
