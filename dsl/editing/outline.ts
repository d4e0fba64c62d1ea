import { isJsonList, isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';
import { bodyInputs } from '../check/step-places.ts';
import type { Path, StepPlace } from './api.ts';
import type { CST } from 'yaml';
import { type Entry, entriesOf, find, isList, isMapping } from './cst.ts';
import { hasNoJobs } from './first-job.ts';
import { rootOf, valueOf } from './reading.ts';

/** What there is in a workflow to be edited, with offsets of the text. */
export interface Outline {
  readonly jobs: readonly OutlinedJob[];
}

export interface OutlinedJob {
  readonly id: string;
  /** All that it says. */
  readonly fields: JsonObject;
  readonly needs: readonly string[];
  /** The workflow that it calls. */
  readonly calls?: string;
  readonly from: number;
  readonly to: number;
  readonly steps?: OutlinedSteps;
}

/** A list of steps. */
export interface OutlinedSteps {
  readonly list: Path;
  readonly steps: readonly OutlinedStep[];
}

export interface OutlinedStep {
  readonly at: StepPlace;
  readonly from: number;
  readonly to: number;
  /** All that it says. */
  readonly fields: JsonObject;
  /** Lists of steps in it, by the input that holds them. */
  readonly bodies: Readonly<Record<string, OutlinedSteps>>;
}

/** Undefined where the text isn't laid out as a workflow, or can't be read at all. */
export function outlineOf(text: string): Outline | undefined {
  const said = valueOf(text);
  const root = rootOf(text);
  if (said === undefined) return undefined;
  if (hasNoJobs(said, root)) return { jobs: [] };
  const jobs = find(root, ['jobs'])?.value;
  if (!isMapping(jobs)) return undefined;
  return { jobs: entriesOf(jobs).flatMap((entry) => outlinedJob(entry, valueIn(said, ['jobs']))) };
}

function outlinedJob({ key, value, start, end }: Entry, jobs: Json | undefined): readonly OutlinedJob[] {
  if (key === undefined) return [];
  const id = key.text;
  const job = valueIn(jobs ?? null, [id]);
  if (!isJsonObject(job)) return [];
  const { needs, uses } = job;
  const steps = outlinedSteps(find(value, ['steps'])?.value, ['jobs', id, 'steps'], job['steps']);
  return [
    {
      id,
      fields: job,
      needs: [needs ?? []].flat().filter((need) => typeof need === 'string'),
      ...(typeof uses === 'string' ? { calls: uses } : {}),
      from: start,
      to: end,
      ...(steps === undefined ? {} : { steps }),
    },
  ];
}

function outlinedSteps(
  collection: CST.Token | undefined,
  list: Path,
  said: Json | undefined,
): OutlinedSteps | undefined {
  if (!isList(collection) || !isJsonList(said)) return undefined;
  const steps = entriesOf(collection).flatMap(({ start, end, value }, index): readonly OutlinedStep[] => {
    const fields = said[index];
    if (!isJsonObject(fields)) return [];
    const at = { list, index };
    return [{ at, from: start, to: end, fields, bodies: bodiesOf(value, at, fields) }];
  });
  return { list, steps };
}

function bodiesOf(step: CST.Token | undefined, { list, index }: StepPlace, fields: JsonObject): OutlinedStep['bodies'] {
  const { uses } = fields;
  const name = typeof uses === 'string' ? uses.slice(0, uses.indexOf('@')) : '';
  const inputs = (Object.hasOwn(bodyInputs, name) ? bodyInputs[name] : undefined) ?? [];
  return Object.fromEntries(
    inputs.flatMap((input) => {
      const body = find(step, ['with', input])?.value;
      const steps = outlinedSteps(body, [...list, index, 'with', input], valueIn(fields, ['with', input]));
      return steps === undefined ? [] : [[input, steps]];
    }),
  );
}

function valueIn(json: Json, path: readonly string[]): Json | undefined {
  let value: Json | undefined = json;
  for (const key of path) value = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}
