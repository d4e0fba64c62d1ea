import type { Json, JsonObject } from '../../schemas/index.ts';
import type { Path, StepPlace } from './api.ts';
import { entriesOf, find, isList, isMapping } from './cst.ts';
import { insertEntry } from './insert.ts';
import { moveEntry } from './move.ts';
import {
  type Edition,
  isRecord,
  last,
  layout,
  listAt,
  missing,
  mutable,
  type Plan,
  planned,
  recordAt,
} from './planned.ts';
import { removeEntry } from './remove.ts';
import { replaceValue } from './replace.ts';

/** Where the keys of a step usually stand. */
const usualOrder: readonly string[] = ['id', 'name', 'if', 'uses', 'with', 'env', 'shell', 'working-directory', 'run'];

/** Adds a step to a list of steps. */
export function addStep({ source, json }: Edition, at: StepPlace, step: JsonObject): Plan {
  const items = listAt(json, at.list);
  const list = find(source.root, at.list)?.value;
  if (items === undefined || !isList(list) || at.index > items.length || at.index < 0) return missing;
  items.splice(at.index, 0, mutable(step));
  return planned(insertEntry(source, list, { index: at.index, entry: { value: step } }), json);
}

/** Deletes a step that isn't the only one of its list. */
export function deleteStep({ source, json }: Edition, at: StepPlace): Plan {
  const items = listAt(json, at.list);
  const list = find(source.root, at.list)?.value;
  if (items?.[at.index] === undefined || !isList(list)) return missing;
  if (items.length === 1) return last;
  items.splice(at.index, 1);
  return planned(removeEntry(source, list, at.index), json);
}

/** Moves a step within its list or to another one, as it is written. */
export function moveStep({ source, json }: Edition, from: StepPlace, to: StepPlace): Plan {
  const [items, target] = [listAt(json, from.list), listAt(json, to.list)];
  const [list, targetList] = [find(source.root, from.list)?.value, find(source.root, to.list)?.value];
  const moved = items?.[from.index];
  if (items === undefined || target === undefined || moved === undefined) return missing;
  if (!isList(list) || !isList(targetList) || isWithin(to.list, from)) return missing;
  if (items !== target && items.length === 1) return last;
  items.splice(from.index, 1);
  if (to.index < 0 || to.index > target.length) return missing;
  target.splice(to.index, 0, moved);
  if (items === target && from.index === to.index) return planned([], json);
  const asWritten = moveEntry(
    source,
    { collection: list, index: from.index },
    { collection: targetList, index: to.index },
  );
  if (asWritten !== undefined || items === target) return planned(asWritten, json);
  // Between brackets and lines it has to be written anew.
  const removal = removeEntry(source, list, from.index);
  const insertion = insertEntry(source, targetList, { index: to.index, entry: { value: moved } });
  return removal === undefined || insertion === undefined ? layout : planned([...removal, ...insertion], json);
}

function isWithin(list: Path, { list: outer, index }: StepPlace): boolean {
  return [...outer, index].every((step, depth) => list[depth] === step);
}

/** Sets a field of a step, or takes it away. */
export function setField(edition: Edition, at: StepPlace, field: readonly string[], value: Json | undefined): Plan {
  const path = [...at.list, at.index];
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
  const index = placeOfKey(keys, key);
  // Behind the dash stands a key already.
  const changes =
    insertEntry(source, mapping, { index, entry }) ?? insertEntry(source, mapping, { index: index + 1, entry });
  return planned(changes, json);
}

/** Behind the last key that usually stands before it; one of which nothing is known at the end. */
function placeOfKey(keys: readonly string[], key: string): number {
  const order = usualOrder.indexOf(key);
  if (order === -1) return keys.length;
  return keys.findLastIndex((other) => usualOrder.includes(other) && usualOrder.indexOf(other) < order) + 1;
}
