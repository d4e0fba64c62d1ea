import { subjectOf } from '../../agent/executor/subject.ts';
import type { AuditedHostCall, AuditedInvocation, AuditSubject } from '../../runtime/audit/index.ts';
import { fit, pad } from './columns.ts';
import type { DisplayStatus, Style } from './style.ts';
import { countText, formatDuration, plainJson, plainLine } from './text.ts';

const argumentColumns = 120;

/** Whether lines say whose run they are of. */
export type RunColumn = 'with run' | 'without run';

/** A host call on a line, and why it was refused on the next. All that a guest may have put into it is cleaned. */
export function callLines(audited: AuditedHostCall, style: Style, column: RunColumn): readonly string[] {
  const { call, decision, result, duration_ms, rules, reason, facts, within } = audited;
  const refused = decision !== 'allowed' || result === 'denied';
  const shown = result === 'none' || result === 'denied' ? (decision === 'allowed' ? 'denied' : decision) : result;
  const status: DisplayStatus =
    refused || result === 'error' ? 'failure' : result === 'unknown' ? 'waiting' : 'success';
  const subject = subjectOf(call, (text) => text) || plainJson(call.args);
  const line = [
    ...placeOf(audited, column),
    style.status(status, pad(shown, 'unknown'.length)),
    pad(plainLine(`${call.capability}.${call.operation}`), 'fs.write  '.length),
    fit(plainLine(subject), argumentColumns),
    ...(within === undefined ? [] : [style.dim('by its program')]),
    ...(duration_ms === undefined ? [] : [style.dim(formatDuration(duration_ms))]),
  ].join('  ');
  if (!refused) return [line];
  const why = reason ?? facts?.['message'];
  // What shows only while a call is carried out is decided by one of the rules that let it begin.
  const rule = result === 'denied' ? facts?.['rule'] : undefined;
  const decidedBy = typeof rule === 'string' ? rule : rules.join('; ');
  return [
    line,
    ...(typeof why === 'string' ? [`    ${plainLine(why)}`] : []),
    ...(decidedBy === '' ? [] : [style.dim(`    decided by: ${plainLine(decidedBy)}`)]),
  ];
}

/** An invocation on a line. */
export function invocationLines(audited: AuditedInvocation, style: Style, column: RunColumn): readonly string[] {
  const { outcome, killed_by, duration_ms, calls, confinement, secrets } = audited;
  const status: DisplayStatus =
    outcome === 'returned'
      ? 'success'
      : outcome === 'failed'
        ? 'failure'
        : outcome === 'unknown'
          ? 'waiting'
          : 'cancelled';
  const facts = [
    `level ${confinement.level}`,
    ...(killed_by === undefined ? [] : [`killed by ${killed_by}`]),
    ...(calls === undefined ? [] : [countText(calls.allowed + calls.denied, 'call'), `${calls.denied} denied`]),
    ...((secrets.used ?? []).length === 0 ? [] : [`secrets used: ${secrets.used?.join(', ')}`]),
    ...(duration_ms === undefined ? [] : [formatDuration(duration_ms)]),
  ];
  return [
    [
      ...placeOf(audited, column),
      style.status(status, pad(outcome, 'cancelled'.length)),
      plainLine(facts.join(', ')),
    ].join('  '),
  ];
}

function placeOf(subject: AuditSubject & { readonly at: string }, column: RunColumn): readonly string[] {
  const { at, run, job, step, plugin } = subject;
  return [
    plainLine(at),
    ...(column === 'with run' ? [plainLine(run)] : []),
    pad(plainLine(`${job}/${step}`), 'build/0  '.length),
    pad(plainLine(`${plugin.name}@${plugin.version}`), 'http@1.0.0'.length),
  ];
}
