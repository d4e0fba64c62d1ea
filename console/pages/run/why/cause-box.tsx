import type { VNode } from 'preact';
import { plainLogLine } from '../../../../schemas/plain-text.ts';
import type { Cause, RefusedCall } from '../../../api/explanation.ts';
import type { RunDetails } from '../../../api/types.ts';
import { ServerText } from '../../../parts/server-text.tsx';
import { Time } from '../../../parts/time.tsx';
import { jsonText } from '../../../parts/values.tsx';
import { linkTo } from '../../../state/route-text.ts';
import { words } from '../../../text/index.ts';
import { AgentsNow } from './agents-now.tsx';
import { LeastChanges } from './least-change.tsx';
import { PlaceLink } from './place-link.tsx';

/** Something that failed by itself: where, by what, and what to do about it. */
export function CauseBox({ run, cause }: { readonly run: RunDetails; readonly cause: Cause }): VNode {
  const text = words.value.why;
  const { code, message, at, rule, expression, read = [], agent, at_time } = cause;
  const { queue, last_lines, refused_calls, earlier_attempts, fixes } = cause;
  return (
    <div class="error-box breakable">
      <p>
        <PlaceLink run={run} place={cause} /> <code>{code}</code> <ServerText>{message}</ServerText>
      </p>
      <p class="muted">
        {at !== undefined && (
          <>
            <a href={linkTo(['runs', run.id, 'file'], { file: at.file, line: String(at.line) })}>
              <code>{`${at.file}:${at.line}:${at.column}`}</code>
            </a>{' '}
          </>
        )}
        {rule !== undefined && <code>{`${rule} `}</code>}
        {agent !== undefined && <a href={linkTo(['agents'])}>{words.value.run.onAgent(agent)}</a>}
        {at_time !== undefined && (
          <>
            {' · '}
            <Time at={at_time} full />
          </>
        )}
      </p>
      {expression !== undefined && (
        <p>
          <code>{expression}</code>
        </p>
      )}
      {read.length > 0 && (
        <ul>
          {read.map(({ path, value, note }) => (
            <li key={path}>
              <code>{path}</code> = <code>{value === '' ? "''" : jsonText(value)}</code>
              {note !== undefined && (
                <>
                  {' '}
                  · <ServerText>{note}</ServerText>
                </>
              )}
            </li>
          ))}
        </ul>
      )}
      {last_lines.length > 0 && <LastLines run={run.id} cause={cause} />}
      {code === 'AGENT_LOST' && <AgentsNow agent={agent} queue={queue} />}
      {fixes.length > 0 && (
        <>
          <h2>{text.fixes}</h2>
          <ul>
            {fixes.map((fix) => (
              <li key={fix} lang="en">
                {fix}
              </li>
            ))}
          </ul>
        </>
      )}
      {refused_calls.length > 0 && <Refused run={run.id} cause={cause} calls={refused_calls} />}
      {earlier_attempts.length > 0 && (
        <>
          <h2>{text.earlier}</h2>
          <ul>
            {earlier_attempts.map((one) => (
              <li key={one.at}>
                <Time at={one.at} /> <code>{one.code}</code> <ServerText>{one.message}</ServerText>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

/** Lines that are shown of a log here: what failed stands at its end, and what to do is to stay on the screen. */
const mostLines = 10;

function LastLines({ run, cause: { job, step, last_lines } }: { readonly run: string; readonly cause: Cause }): VNode {
  const text = words.value.why;
  return (
    <>
      <h2>{text.lastLines}</h2>
      <pre class="last-lines">{last_lines.slice(-mostLines).map(plainLogLine).join('\n')}</pre>
      <p>
        <a href={linkTo(['runs', run], { job, step })}>{text.toLog}</a>
      </p>
    </>
  );
}

/** Refused calls of which is said what would allow them. */
const mostAsked = 3;

function Refused({
  run,
  cause,
  calls,
}: {
  readonly run: string;
  readonly cause: Cause;
  readonly calls: readonly RefusedCall[];
}): VNode {
  const text = words.value.why;
  return (
    <>
      <h2>{text.refused}</h2>
      <ul>
        {calls.map(({ capability, operation, subject, asked, reason, rule }, index) => (
          <li key={`${capability} ${operation} ${subject}`}>
            <code>
              {capability}.{operation} {subject}
            </code>
            {reason !== undefined && reason !== cause.message && (
              <>
                {' '}
                <ServerText>{reason}</ServerText>
              </>
            )}
            {rule !== undefined && rule !== cause.rule && (
              <>
                {' · '}
                <code>{rule}</code>
              </>
            )}
            {asked !== undefined && index < mostAsked && <LeastChanges run={run} place={cause} asked={asked} />}
          </li>
        ))}
      </ul>
      <p>
        <a href={linkTo(['runs', run, 'calls'], { job: cause.job, step: cause.step, decision: 'denied' })}>
          {text.toCalls}
        </a>
      </p>
    </>
  );
}
