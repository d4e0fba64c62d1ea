import { isMap, isScalar, isSeq, Scalar, YAMLMap } from 'yaml';
import { quote } from '../quote.ts';
import {
  applyRules,
  fieldsOf,
  keep,
  type KeyRule,
  type MappingField,
  offsetOf,
  type PlacedMap,
  remove,
  replace,
  scalarText,
  scalarValue,
  without,
} from './mapping.ts';
import type { ImportRecord, Remark } from './record.ts';

const byHand = 'workflow_dispatch';

/** `on:` of GitHub -> `on: manual`, with the inputs of `workflow_dispatch`. */
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
  for (const [index, item] of items.entries()) {
    const path = isSeq(value) ? [...place.path, index] : place.path;
    record.add({ path, offset: offsetOf(item) }, remarkOf(scalarText(item) ?? ''));
  }
  pair.value = new Scalar('manual');
};

function importTrigger(trigger: MappingField, record: ImportRecord): void {
  if (trigger.key !== byHand) {
    remove(trigger, record, remarkOf(trigger.key));
    return;
  }
  record.add(trigger.place, remarkOf(byHand));
  if (isScalar(trigger.pair.key)) trigger.pair.key.value = 'manual';
  if (!isMap(trigger.value)) {
    if (scalarValue(trigger.value) === null) return;
    notAMapping(trigger, record);
    trigger.pair.value = new Scalar(null);
    return;
  }
  applyRules(
    { map: trigger.value, path: trigger.place.path },
    { what: byHand, rules: { inputs: importInputs } },
    record,
  );
}

function remarkOf(trigger: string): Remark {
  if (trigger === byHand) return { outcome: 'changed', message: '`workflow_dispatch` is `manual` here' };
  return {
    outcome: 'todo',
    message: `the trigger ${quote(trigger)} is not supported by this version: a run is started by hand`,
    remedy: 'Have what should trigger it call `waterflow run`: a hook of the repository, a timer, another program.',
  };
}

const importInputs: KeyRule = (field, record) => {
  const { value, place } = field;
  if (!isMap(value)) {
    if (scalarValue(value) === null) remove(field, record, { outcome: 'dropped', message: 'there are no inputs' });
    else {
      notAMapping(field, record);
      field.map.delete(field.key);
    }
    return;
  }
  for (const input of fieldsOf({ map: value, path: place.path })) {
    if (isMap(input.value)) importInput({ map: input.value, path: input.place.path }, record);
  }
};

function notAMapping({ key, place }: MappingField, record: ImportRecord): void {
  record.add(place, {
    outcome: 'todo',
    message: `${quote(key)} is not the mapping that it should be`,
    remedy: 'Write the inputs by their names.',
  });
}

function importInput(input: PlacedMap, record: ImportRecord): void {
  const type = scalarText(input.map.get('type', true)) ?? 'string';
  applyRules(
    input,
    {
      what: 'an input',
      rules: {
        description: asText,
        type: importType,
        required: importBoolean,
        default: importDefault(type),
        options: keep,
        deprecationMessage: without({ outcome: 'dropped', message: 'inputs have no message of deprecation' }),
      },
    },
    record,
  );
}

const importType: KeyRule = (field, record) => {
  if (scalarText(field.value) !== 'environment') return;
  replace(field, record, { value: 'string', outcome: 'changed', message: 'an environment is a text here' });
};

const importBoolean: KeyRule = (field, record) => {
  const value = scalarValue(field.value);
  if (value !== 'true' && value !== 'false') return;
  replace(field, record, {
    value: value === 'true',
    outcome: 'changed',
    message: `${quote(value)} is written as a truth value`,
  });
};

const asText: KeyRule = (field, record) => {
  const value = scalarValue(field.value);
  if (typeof value !== 'number' && typeof value !== 'boolean') return;
  const text = scalarText(field.value) ?? String(value);
  replace(field, record, { value: text, outcome: 'changed', message: `${quote(text)} is written as a text` });
};

/** GitHub takes any scalar for a default; here it is of the input's type. */
function importDefault(type: string): KeyRule {
  switch (type) {
    case 'boolean':
      return importBoolean;
    case 'number':
      return (field, record) => {
        const value = scalarValue(field.value);
        if (typeof value !== 'string' || value.trim() === '' || !Number.isFinite(Number(value))) return;
        replace(field, record, {
          value: Number(value),
          outcome: 'changed',
          message: `${quote(value)} is written as a number`,
        });
      };
    case 'string':
    case 'environment':
      return asText;
    default:
      return keep;
  }
}

/** The names of the inputs that the workflow takes, in lower case: letter case doesn't tell them apart. */
export function inputNames(root: YAMLMap): ReadonlySet<string> {
  const inputs = [root.getIn(['on', byHand, 'inputs']), root.getIn(['on', 'manual', 'inputs'])];
  return new Set(
    inputs.flatMap((map) => (isMap(map) ? map.items.map((pair) => String(scalarValue(pair.key)).toLowerCase()) : [])),
  );
}

/** Asks for one more text when a run is started by hand. */
export function addInput(root: YAMLMap, name: string, description: string): void {
  const on = childMap(root, 'on');
  const inputs = childMap(childMap(on, 'manual'), 'inputs');
  const input = new YAMLMap();
  input.set('type', 'string');
  input.set('required', true);
  input.set('description', description);
  inputs.set(name, input);
}

/** The mapping below a key, made where there is none. What else stands there says only that a run is started by hand. */
function childMap(map: YAMLMap, key: string): YAMLMap {
  const value = map.get(key, true);
  if (isMap(value)) return value;
  const made = new YAMLMap();
  map.set(key, made);
  return made;
}
