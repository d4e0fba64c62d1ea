import type { CST } from 'yaml';
import type { JsonObject } from '../../schemas/index.ts';
import type { TextChange } from './api.ts';
import { bodyOf, entriesOf, find, isCollection, isList, isMapping, textOf } from './cst.ts';
import { addFirstJob, hasNoJobs } from './first-job.ts';
import { insertEntry } from './insert.ts';
import { moveEntry } from './move.ts';
import { dropNeed, needsOf, removeNeed } from './needs.ts';
import {
  type Edition,
  isRecord,
  last,
  missing,
  mutable,
  type MutableJson,
  type Plan,
  planned,
  recordAt,
  taken,
} from './planned.ts';
import { renameInText, type Renaming } from './references.ts';
import { removeEntry } from './remove.ts';
import type { Source } from './source.ts';
import { scalarText } from './write.ts';

/** Adds a job behind another one, or at the end. */
export function addJob(
  { source, json }: Edition,
  { id, job, after }: { readonly id: string; readonly job: JsonObject; readonly after?: string },
): Plan {
  if (hasNoJobs(json, source.root)) return addFirstJob({ source, json }, { id, job });
  const jobs = recordAt(json, ['jobs']);
  const collection = find(source.root, ['jobs'])?.value;
  if (jobs === undefined || !isMapping(collection)) return missing;
  if (Object.hasOwn(jobs, id)) return taken;
  const ids = Object.keys(jobs);
  const index = after === undefined ? ids.length : ids.indexOf(after) + 1;
  if (index === 0 && after !== undefined) return missing;
  const changes = insertEntry(source, collection, { index, entry: { key: id, value: job } });
  return planned(changes, withJobs(json, Object.entries(jobs).toSpliced(index, 0, [id, mutable(job)])));
}

/** Puts a job to another place among the jobs. */
export function moveJob(
  { source, json }: Edition,
  { id, index }: { readonly id: string; readonly index: number },
): Plan {
  const jobs = recordAt(json, ['jobs']);
  const found = find(source.root, ['jobs', id]);
  if (jobs === undefined || found?.within === undefined) return missing;
  const entries = Object.entries(jobs);
  const moved = entries[found.index];
  if (moved === undefined || index < 0 || index >= entries.length) return missing;
  const order = entries.toSpliced(found.index, 1).toSpliced(index, 0, moved);
  const place = { collection: found.within, index: found.index };
  const changes = found.index === index ? [] : moveEntry(source, place, { collection: found.within, index });
  return planned(changes, withJobs(json, order));
}

/** Deletes a job, and its name from what others need. */
export function deleteJob({ source, json }: Edition, id: string): Plan {
  const jobs = recordAt(json, ['jobs']);
  const found = find(source.root, ['jobs', id]);
  if (jobs === undefined || found?.within === undefined) return missing;
  if (Object.keys(jobs).length < 2) return last;
  const waiting = Object.entries(jobs).filter(([other, job]) => other !== id && needsOf(job).includes(id));
  const parts = [
    removeEntry(source, found.within, found.index),
    ...waiting.map(([other]) => removeNeed(source, other, id)),
  ];
  for (const [, job] of waiting) if (isRecord(job)) dropNeed(job, id);
  delete jobs[id];
  return planned(allOf(parts), json);
}

/** Gives a job another id, wherever it is named. */
export function renameJob({ source, json }: Edition, renaming: Renaming): Plan {
  const jobs = recordAt(json, ['jobs']);
  const key = find(source.root, ['jobs', renaming.from])?.entry?.key;
  if (jobs === undefined || key === undefined) return missing;
  if (renaming.from === renaming.to) return planned([], json);
  if (Object.hasOwn(jobs, renaming.to)) return taken;
  const renamedJobs = Object.entries(jobs).map(([id, job]): [string, MutableJson] => {
    const needs = isRecord(job) ? job['needs'] : undefined;
    if (isRecord(job) && needs !== undefined) job['needs'] = mapTexts(needs, (text) => newName(text, renaming));
    return [newName(id, renaming), job];
  });
  const changes = [
    {
      from: key.token.offset,
      to: key.token.offset + key.token.source.length,
      insert: scalarText(renaming.to, key.token, source),
    },
    ...Object.keys(jobs).flatMap((job) => renamedNeeds(source, job, renaming)),
    ...renamedReads(source, renaming),
  ];
  const expected = mapTexts(withJobs(json, renamedJobs), (text, under) => renameInText(text, under, renaming));
  return planned(changes, expected);
}

function newName(name: string, { from, to }: Renaming): string {
  return name === from ? to : name;
}

function renamedNeeds(source: Source, job: string, { from, to }: Renaming): readonly TextChange[] {
  const needs = find(source.root, ['jobs', job, 'needs'])?.value;
  const names = isList(needs) ? entriesOf(needs).map(({ value }) => value) : [needs];
  return names.flatMap((name) => {
    if (name === undefined || !('source' in name) || textOf(name) !== from) return [];
    return [{ from: name.offset, to: name.offset + name.source.length, insert: scalarText(to, name, source) }];
  });
}

/** Each text of the file in which an expression reads the job. */
function renamedReads(source: Source, renaming: Renaming): readonly TextChange[] {
  const changes: TextChange[] = [];
  const waiting: { readonly token: CST.Token | undefined; readonly key: string | undefined }[] = [
    { token: source.root, key: undefined },
  ];
  for (const { token, key } of waiting) {
    if (isCollection(token)) {
      for (const entry of entriesOf(token)) waiting.push({ token: entry.value, key: entry.key?.text });
      continue;
    }
    const place = token === undefined ? undefined : placeOfText(token);
    if (place === undefined) continue;
    const text = source.text.slice(place.from, place.to);
    const insert = renameInText(text, key, renaming);
    if (insert !== text) changes.push({ ...place, insert });
  }
  return changes;
}

function placeOfText(token: CST.Token): { readonly from: number; readonly to: number } | undefined {
  if (token.type === 'block-scalar') return bodyOf(token);
  if (textOf(token) === undefined || !('source' in token)) return undefined;
  return { from: token.offset, to: token.offset + token.source.length };
}

function mapTexts(
  value: MutableJson,
  map: (text: string, key: string | undefined) => string,
  key?: string,
): MutableJson {
  if (typeof value === 'string') return map(value, key);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, map));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mapTexts(inner, map, name)]));
}

function withJobs(json: MutableJson, jobs: readonly (readonly [string, MutableJson])[]): MutableJson {
  return isRecord(json) ? { ...json, jobs: Object.fromEntries(jobs) } : json;
}

function allOf(parts: readonly (readonly TextChange[] | undefined)[]): readonly TextChange[] | undefined {
  const made = parts.filter((part) => part !== undefined);
  return made.length === parts.length ? made.flat() : undefined;
}
