import type { ComponentChildren, VNode } from 'preact';
import type { Explanation } from '../../../api/explanation.ts';
import type { RunDetails } from '../../../api/types.ts';
import { Since } from '../../../parts/since.tsx';
import { ServerText } from '../../../parts/server-text.tsx';
import { jsonText } from '../../../parts/values.tsx';
import { linkTo } from '../../../state/route-text.ts';
import { words } from '../../../text/index.ts';
import { commandText } from './command-text.ts';
import { PlaceLink } from './place-link.tsx';

/** What goes on waits for, and who moves it on. */
export function Waits({
  run,
  waits,
}: {
  readonly run: RunDetails;
  readonly waits: Explanation['waits'];
}): VNode | null {
  if (waits.length === 0) return null;
  return (
    <Part title={words.value.why.waits}>
      {waits.map((wait) => (
        <li key={`${wait.job} ${wait.step} ${wait.sentence}`}>
          <PlaceLink run={run} place={wait} /> <ServerText>{wait.sentence}</ServerText>
          <Since since={wait.since} until={wait.until} /> · <ServerText>{wait.who}</ServerText>
          {wait.queue !== undefined && (
            <>
              {' · '}
              <a href={linkTo(['queues'])}>{words.value.why.toQueues}</a>
            </>
          )}
        </li>
      ))}
    </Part>
  );
}

/** What is otherwise than when the workflow last succeeded, and how the place that failed fared before. */
export function Changes({
  since,
  recurrence,
}: {
  readonly since: Explanation['since'];
  readonly recurrence: Explanation['recurrence'];
}): VNode | null {
  const text = words.value.why;
  if (since === undefined && recurrence === undefined) return null;
  const { run, changes = [] } = since ?? {};
  return (
    <>
      <h2>{text.since}</h2>
      {recurrence !== undefined && (
        <p class="breakable">
          {recurrence.verdict === 'flaky' && <strong>{text.flaky}: </strong>}
          <ServerText>{recurrence.sentence}</ServerText>
        </p>
      )}
      {changes.length > 0 && (
        <ul>
          {changes.map((change) => (
            <li class="breakable" key={change.text} lang="en">
              {change.text}
            </li>
          ))}
        </ul>
      )}
      {run !== undefined && (
        <p>
          <a href={linkTo(['runs', run])}>{text.compared}</a>
        </p>
      )}
    </>
  );
}

/** What took more than one attempt. */
export function RetriedOnes({
  run,
  retried,
}: {
  readonly run: RunDetails;
  readonly retried: Explanation['retried'];
}): VNode | null {
  if (retried.length === 0) return null;
  return (
    <Part title={words.value.why.retried}>
      {retried.map((one) => (
        <li key={`${one.job} ${one.step}`}>
          <PlaceLink run={run} place={one} /> {words.value.run.attempts(one.attempts)} ·{' '}
          <ServerText>{one.verdict}</ServerText>
          {one.failures[0] !== undefined && (
            <>
              {' · '}
              <code>{one.failures[0].code}</code> <ServerText>{one.failures[0].message}</ServerText>
            </>
          )}
        </li>
      ))}
    </Part>
  );
}

/** What did not run, or not to its end, since something else failed. */
export function Consequences({
  run,
  consequences,
}: {
  readonly run: RunDetails;
  readonly consequences: Explanation['consequences'];
}): VNode | null {
  if (consequences.length === 0) return null;
  return (
    <Part title={words.value.why.kept}>
      {consequences.map((one) => (
        <li key={one.job}>
          <PlaceLink run={run} place={{ job: one.job }} /> <ServerText>{one.because}</ServerText>
        </li>
      ))}
    </Part>
  );
}

/** What was skipped by a condition of its own. */
export function SkippedOnes({
  run,
  skipped,
}: {
  readonly run: RunDetails;
  readonly skipped: Explanation['skipped'];
}): VNode | null {
  if (skipped.length === 0) return null;
  return (
    <Part title={words.value.why.skipped}>
      {skipped.map((one) => (
        <li key={`${one.job} ${one.step}`}>
          <PlaceLink run={run} place={one} /> <code>{one.condition}</code> → <code>{jsonText(one.result)}</code>
          {one.read.length > 0 && (
            <ul>
              {one.read.map(({ path, value }) => (
                <li key={path}>
                  <code>{path}</code> = <code>{value === '' ? "''" : jsonText(value)}</code>
                </li>
              ))}
            </ul>
          )}
        </li>
      ))}
    </Part>
  );
}

/** What failed and may. */
export function ToleratedOnes({
  run,
  tolerated,
}: {
  readonly run: RunDetails;
  readonly tolerated: Explanation['tolerated'];
}): VNode | null {
  if (tolerated.length === 0) return null;
  return (
    <Part title={words.value.why.tolerated}>
      {tolerated.map((one) => (
        <li key={`${one.job} ${one.step}`}>
          <PlaceLink run={run} place={one} /> <code>{one.code}</code> <ServerText>{one.message}</ServerText>
        </li>
      ))}
    </Part>
  );
}

/** What of the record could not be read. */
export function Gaps({ gaps }: { readonly gaps: Explanation['gaps'] }): VNode | null {
  if (gaps.length === 0) return null;
  return (
    <Part title={words.value.why.gaps}>
      {gaps.map((gap) => (
        <li key={gap} lang="en">
          {gap}
        </li>
      ))}
    </Part>
  );
}

/** What somebody can do next at a terminal. */
export function Commands({ next }: { readonly next: Explanation['next'] }): VNode | null {
  if (next.length === 0) return null;
  return (
    <Part title={words.value.why.commands}>
      {next.map((one) => (
        <li key={one.words.join(' ')}>
          <code>{commandText(one)}</code> <ServerText>{one.why}</ServerText>
        </li>
      ))}
    </Part>
  );
}

function Part({ title, children }: { readonly title: string; readonly children: ComponentChildren }): VNode {
  return (
    <>
      <h2>{title}</h2>
      <ul class="breakable">{children}</ul>
    </>
  );
}
