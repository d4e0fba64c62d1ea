import type { JsonObject } from '../../schemas/index.ts';
import type { Path, StepPlace } from './api.ts';
import { find, isList } from './cst.ts';
import { insertEntry } from './insert.ts';
import { moveEntry } from './move.ts';
import { type Edition, last, layout, listAt, missing, mutable, type Plan, planned } from './planned.ts';
import { removeEntry } from './remove.ts';

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
