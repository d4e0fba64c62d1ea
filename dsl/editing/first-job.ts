import { isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';
import { setField } from './fields.ts';
import { type Edition, type Plan, planned } from './planned.ts';
import { blockLines } from './write.ts';
import type { CST } from 'yaml';

/** Whether a file has no jobs yet: it says nothing at all, or nothing of them. */
export function hasNoJobs(said: Json, root: CST.Token | undefined): boolean {
  if (isJsonObject(said)) return (said['jobs'] ?? null) === null;
  return said === null && root === undefined;
}

/** Adds a job to such a file, behind what is there; in one that says nothing, with what starts the workflow. */
export function addFirstJob(
  { source, json }: Edition,
  { id, job }: { readonly id: string; readonly job: JsonObject },
): Plan {
  const jobs = { [id]: job };
  if (json !== null) return setField({ source, json }, { path: [], field: ['jobs'] }, jobs);
  const { text, eol } = source;
  const lines = [
    ...blockLines({ key: 'on', value: 'manual' }, source),
    '',
    ...blockLines({ key: 'jobs', value: jobs }, source),
  ];
  const gap = text === '' || text.endsWith('\n') ? '' : eol;
  const insert = `${gap}${lines.join(eol)}${eol}`;
  return planned([{ from: text.length, to: text.length, insert }], { on: 'manual', jobs });
}
