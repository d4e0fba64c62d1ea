import type { VNode } from 'preact';
import type { Cause, RefusedCall } from '../../../api/explanation.ts';
import { Time } from '../../../parts/time.tsx';
import { linkTo } from '../../../state/route-text.ts';
import { words } from '../../../text/index.ts';
import { PlaceLink } from './place-link.tsx';

/** Something that failed by itself: where, by what, and what to do about it. */
export function CauseBox({ run, cause }: { readonly run: string; readonly cause: Cause }): VNode {
  const text = words.value.why;
  const { code, message, at, rule, expression, agent, exit_code, refused_calls, earlier_attempts, fixes } = cause;
  return (
    <div class="error-box breakable">
      <p>
        <PlaceLink run={run} place={cause} /> <code>{code}</code> {message}
      </p>
      <p class="muted">
        {at !== undefined && <code>{`${at.file}:${at.line}:${at.column} `}</code>}
        {rule !== undefined && <code>{`${rule} `}</code>}
        {exit_code !== undefined && text.exitCode(exit_code)} {agent !== undefined && words.value.run.onAgent(agent)}
      </p>
      {expression !== undefined && (
        <p>
          <code>{expression}</code>
        </p>
      )}
      {fixes.length > 0 && (
        <>
          <h2>{text.fixes}</h2>
          <ul>
            {fixes.map((fix) => (
              <li key={fix}>{fix}</li>
            ))}
          </ul>
        </>
      )}
      {refused_calls.length > 0 && <Refused run={run} cause={cause} calls={refused_calls} />}
      {earlier_attempts.length > 0 && (
        <>
          <h2>{text.earlier}</h2>
          <ul>
            {earlier_attempts.map((one) => (
              <li key={one.at}>
                <Time at={one.at} /> <code>{one.code}</code> {one.message}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function Refused({
  run,
  cause: { job, step },
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
        {calls.map(({ capability, operation, subject, reason, rule }) => (
          <li key={`${capability} ${operation} ${subject}`}>
            <code>
              {capability}.{operation} {subject}
            </code>
            {reason !== undefined && <> {reason}</>}
            {rule !== undefined && (
              <>
                {' · '}
                <code>{rule}</code>
              </>
            )}
          </li>
        ))}
      </ul>
      <p>
        <a href={linkTo(['runs', run, 'calls'], { job, step, decision: 'denied' })}>{text.toCalls}</a>
      </p>
    </>
  );
}
