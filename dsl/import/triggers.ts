import { isMap, isScalar, isSeq, Scalar, YAMLSeq } from 'yaml';
import { quote } from '../quote.ts';
import { importExpressions } from './expressions.ts';
import { importInputs, notAMapping } from './inputs.ts';
import {
  applyRules,
  fieldsOf,
  type KeyRule,
  type KeyRules,
  keep,
  type MappingField,
  offsetOf,
  remove,
  replace,
  scalarText,
  scalarValue,
} from './mapping.ts';
import type { ImportRecord, Remark } from './record.ts';

const byHand = 'workflow_dispatch';
const called = 'workflow_call';

/** `on:` of GitHub -> what of it there is here, or else `on: manual`. */
export const importTriggers: KeyRule = (field, record) => {
  const { value, place, pair } = field;
  if ((isMap(value) || isSeq(value)) && value.items.length === 0) {
    replace(field, record, { value: 'manual', outcome: 'changed', message: 'a run is started by hand' });
    return;
  }
  if (isMap(value)) {
    for (const trigger of fieldsOf({ map: value, path: place.path })) importTrigger(trigger, record);
    if (value.items.length === 0) pair.value = new Scalar('manual');
    return;
  }
  const items = isSeq(value) ? value.items : [value];
  const kept = new Set<string>();
  for (const [index, item] of items.entries()) {
    const path = isSeq(value) ? [...place.path, index] : place.path;
    const name = scalarText(item) ?? '';
    if (name === called || name === byHand) kept.add(name === byHand ? 'manual' : name);
    if (name !== called) record.add({ path, offset: offsetOf(item) }, remarkOf(name));
  }
  pair.value = triggersOf([...kept]);
};

/** One name alone, or a list of them on one line. */
function triggersOf(names: readonly string[]): Scalar | YAMLSeq {
  if (names.length < 2) return new Scalar(names[0] ?? 'manual');
  const list = new YAMLSeq();
  list.flow = true;
  for (const name of names) list.add(new Scalar(name));
  return list;
}

function importTrigger(trigger: MappingField, record: ImportRecord): void {
  switch (trigger.key) {
    case byHand:
      record.add(trigger.place, remarkOf(byHand));
      if (isScalar(trigger.pair.key)) trigger.pair.key.value = 'manual';
      importBelow(trigger, { what: byHand, rules: { inputs: importInputs } }, record);
      return;
    case called:
      importBelow(trigger, callRules, record);
      return;
    case 'schedule':
      importSchedule(trigger, record);
      return;
    default:
      remove(trigger, record, remarkOf(trigger.key));
  }
}

/** What stands below a trigger, if anything. */
function importBelow({ value, place, ...trigger }: MappingField, rules: KeyRules, record: ImportRecord): void {
  if (isMap(value)) applyRules({ map: value, path: place.path }, rules, record);
  else if (scalarValue(value) !== null) {
    notAMapping({ value, place, ...trigger }, record);
    trigger.pair.value = new Scalar(null);
  }
}

const callRules: KeyRules = {
  what: called,
  rules: {
    inputs: importInputs,
    outputs: ({ value, place }, record) => importExpressions(value, place.path, record),
    secrets: keep,
  },
};

/** The times are the same; that the server of Waterflow looks at the clock goes without saying. */
function importSchedule(trigger: MappingField, record: ImportRecord): void {
  const { value, place } = trigger;
  if (!isSeq(value)) {
    remove(trigger, record, {
      outcome: 'todo',
      message: '`schedule` is not the list that it should be',
      remedy: 'Write `- cron:` for each of its times.',
    });
    return;
  }
  for (const [index, item] of value.items.entries()) {
    if (!isMap(item)) continue;
    const rules = { cron: keep, timezone: keep };
    applyRules({ map: item, path: [...place.path, index] }, { what: 'a schedule', rules }, record);
  }
}

function remarkOf(trigger: string): Remark {
  if (trigger === byHand) return { outcome: 'changed', message: '`workflow_dispatch` is `manual` here' };
  return {
    outcome: 'todo',
    message: `there is no trigger ${quote(trigger)} here: a run is started by hand, by a schedule or by a webhook`,
    remedy:
      'Have what should trigger it call `waterflow run` (a hook of the repository, another program), or add `webhook` and let it call that.',
  };
}
