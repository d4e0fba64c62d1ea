import type { Json } from '../../schemas/index.ts';
import type { Path } from './api.ts';
import { entriesOf, find, isMapping } from './cst.ts';
import { insertEntry } from './insert.ts';
import { type Edition, isRecord, layout, missing, mutable, type Plan, planned, recordAt } from './planned.ts';
import { removeEntry } from './remove.ts';
import { replaceValue } from './replace.ts';

/** Where the keys of a step usually stand. */
const usualInStep: readonly string[] = ['id', 'name', 'if', 'uses', 'with', 'env', 'shell', 'working-directory', 'run'];

/** Those of a job, whose path is `['jobs', ID]`. */
const usualInJob: readonly string[] = ['name', 'needs', 'if', 'runs-on', 'strategy', 'env', 'outputs', 'steps'];
const jobDepth = 2;

/** Sets a field of what is at a path, a job or a step, or takes it away. */
export function setField(
  edition: Edition,
  { path, field }: { readonly path: Path; readonly field: readonly string[] },
  value: Json | undefined,
): Plan {
  if (recordAt(edition.json, path) === undefined || field.length === 0) return missing;
  return value === undefined ? removeField(edition, path, field) : putField(edition, { path, field }, value);
}

function removeField({ source, json }: Edition, path: Path, field: readonly string[]): Plan {
  const within = [...path, ...field.slice(0, -1)];
  const record = recordAt(json, within);
  const key = field.at(-1) ?? '';
  if (record === undefined || !Object.hasOwn(record, key)) return planned([], json);
  // What holds nothing else goes with it.
  if (Object.keys(record).length === 1 && field.length > 1) {
    return removeField({ source, json }, path, field.slice(0, -1));
  }
  delete record[key];
  const found = find(source.root, [...within, key]);
  if (found?.within === undefined) return layout;
  return planned(removeEntry(source, found.within, found.index), json);
}

function putField(
  { source, json }: Edition,
  { path, field }: { readonly path: Path; readonly field: readonly string[] },
  value: Json,
): Plan {
  const [key, ...rest] = field;
  const record = recordAt(json, path);
  if (key === undefined || record === undefined) return layout;
  const inner = record[key];
  if (rest.length > 0 && isRecord(inner) && Object.keys(inner).length > 0) {
    return putField({ source, json }, { path: [...path, key], field: rest }, value);
  }
  const whole = rest.reduceRight<Json>((nested, name) => ({ [name]: nested }), value);
  record[key] = mutable(whole);
  const found = find(source.root, [...path, key]);
  if (found?.entry !== undefined && found.within !== undefined) {
    return planned(replaceValue(source, { entry: found.entry, within: found.within }, whole), json);
  }
  const mapping = find(source.root, path)?.value;
  if (!isMapping(mapping)) return layout;
  const keys = entriesOf(mapping).map((entry) => entry.key?.text ?? '');
  const entry = { key, value: whole };
  const index = placeOfKey(keys, key, path.length === jobDepth ? usualInJob : usualInStep);
  // Behind the dash stands a key already.
  const changes =
    insertEntry(source, mapping, { index, entry }) ?? insertEntry(source, mapping, { index: index + 1, entry });
  return planned(changes, json);
}

/** Behind the last key that usually stands before it; one of which nothing is known at the end. */
function placeOfKey(keys: readonly string[], key: string, usual: readonly string[]): number {
  const order = usual.indexOf(key);
  if (order === -1) return keys.length;
  return keys.findLastIndex((other) => usual.includes(other) && usual.indexOf(other) < order) + 1;
}
