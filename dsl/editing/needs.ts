import type { TextChange } from './api.ts';
import { entriesOf, find, isList, isMapping, textOf } from './cst.ts';
import { insertEntry } from './insert.ts';
import { type Edition, isRecord, missing, type MutableJson, type Plan, planned, recordAt, taken } from './planned.ts';
import { removeEntry } from './remove.ts';
import { replaceValue } from './replace.ts';
import type { Source } from './source.ts';
import { flowText } from './write.ts';

/** What a job's `needs` names, which may be one name or a list. */
export function needsOf(job: MutableJson | undefined): readonly string[] {
  const needs = isRecord(job) ? job['needs'] : undefined;
  return [needs ?? []].flat().filter((need) => typeof need === 'string');
}

/** Has a job wait for another one. */
export function connect({ source, json }: Edition, job: string, needs: string): Plan {
  const jobs = recordAt(json, ['jobs']);
  const waiting = recordAt(json, ['jobs', job]);
  if (jobs === undefined || waiting === undefined || jobs[needs] === undefined) return missing;
  const already = needsOf(waiting);
  if (already.includes(needs)) return taken;
  const changes = addNeed(source, { job, needs, asText: areTexts(Object.values(jobs)) });
  waiting['needs'] = [...already, needs];
  return planned(changes, json);
}

/** Has a job no longer wait for another one. */
export function disconnect({ source, json }: Edition, job: string, needs: string): Plan {
  const waiting = recordAt(json, ['jobs', job]);
  if (waiting === undefined || !needsOf(waiting).includes(needs)) return missing;
  const changes = removeNeed(source, job, needs);
  dropNeed(waiting, needs);
  return planned(changes, json);
}

/** Whether the jobs of a file write what they need as a text, where it is one. */
function areTexts(jobs: readonly MutableJson[]): boolean {
  const written = jobs.flatMap((job) => (isRecord(job) && job['needs'] !== undefined ? [job['needs']] : []));
  return written.length > 0 && written.every((needs) => typeof needs === 'string');
}

function addNeed(
  source: Source,
  { job, needs, asText }: { readonly job: string; readonly needs: string; readonly asText: boolean },
): readonly TextChange[] | undefined {
  const body = find(source.root, ['jobs', job])?.value;
  if (!isMapping(body)) return undefined;
  const found = find(source.root, ['jobs', job, 'needs']);
  const { value, entry, within } = found ?? {};
  if (entry === undefined || within === undefined) {
    const name = entriesOf(body).findIndex(({ key }) => key?.text === 'name');
    return insertEntry(source, body, { index: name + 1, entry: { key: 'needs', value: asText ? needs : [needs] } });
  }
  if (value === undefined) return replaceValue(source, { entry, within }, [needs]);
  if (isList(value)) return insertEntry(source, value, { index: entriesOf(value).length, entry: { value: needs } });
  if (textOf(value) === undefined) return undefined;
  const written = source.text.slice(value.offset, entry.end);
  return [{ from: value.offset, to: entry.end, insert: `[${written}, ${flowText(needs)}]` }];
}

/** Takes a name out of what a job needs; the last one with the key. */
export function removeNeed(source: Source, job: string, needs: string): readonly TextChange[] | undefined {
  const { value, within, index = 0 } = find(source.root, ['jobs', job, 'needs']) ?? {};
  if (value === undefined || within === undefined) return undefined;
  if (!isList(value)) return removeEntry(source, within, index);
  const names = entriesOf(value).map((item) => textOf(item.value));
  if (names.length === 1) return removeEntry(source, within, index);
  return removeEntry(source, value, names.indexOf(needs));
}

/** The same for what the file says. */
export function dropNeed(job: { [key: string]: MutableJson }, needs: string): void {
  const left = needsOf(job).filter((name) => name !== needs);
  if (left.length === 0) delete job['needs'];
  else job['needs'] = [...left];
}
