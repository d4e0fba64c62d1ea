import type { AuditedHostCall } from '../../runtime/audit/index.ts';
import { plainJson, plainLine } from './text.ts';

type Cell = string | number | boolean | undefined;

const columns: readonly (readonly [name: string, of: (call: AuditedHostCall) => Cell])[] = [
  ['at', ({ at }) => at],
  ['tenant', ({ tenant }) => tenant],
  ['run', ({ run }) => run],
  ['job', ({ job }) => job],
  ['step', ({ step }) => step],
  ['attempt', ({ attempt }) => attempt],
  ['plugin', ({ plugin }) => plugin.name],
  ['version', ({ plugin }) => plugin.version],
  ['digest', ({ plugin }) => plugin.digest],
  ['sequence', ({ sequence }) => sequence],
  ['invocation', ({ invocation }) => invocation],
  ['within', ({ within }) => within],
  ['capability', ({ call }) => call.capability],
  ['operation', ({ call }) => call.operation],
  ['args', ({ call }) => plainJson(call.args)],
  ['truncated', ({ truncated }) => truncated],
  ['decision', ({ decision }) => decision],
  ['rules', ({ rules }) => rules.join('; ')],
  ['reason', ({ reason }) => reason],
  ['result', ({ result }) => result],
  ['duration_ms', ({ duration_ms }) => duration_ms],
  ['bytes_in', ({ bytes }) => bytes.in],
  ['bytes_out', ({ bytes }) => bytes.out],
  ['secrets', ({ secrets }) => secrets?.join('; ')],
  ['facts', ({ facts }) => (facts === undefined ? undefined : plainJson(facts))],
];

/** The first record: the names of the columns. */
export const csvHeader: string = `${columns.map(([name]) => name).join(',')}\r\n`;

/** A host call as a record of CSV (RFC 4180). */
export function csvRecord(call: AuditedHostCall): string {
  return `${columns.map(([, of]) => csvCell(of(call))).join(',')}\r\n`;
}

/**
 * A cell. Spreadsheets carry out a text that begins as a formula does, whatever quotes are around it, so such a one gets an
 * apostrophe before it (OWASP, CSV injection). Control characters are taken out, for whoever looks at the file on a terminal.
 */
function csvCell(value: Cell): string {
  if (value === undefined) return '';
  // What isn't a text is the agent's own number.
  if (typeof value !== 'string') return String(value);
  const text = plainLine(value);
  const inert = /^\s*[=+\-@|\uff1d\uff0b\uff0d\uff20]/u.test(text) ? `'${text}` : text;
  return /[",\r\n']/u.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
