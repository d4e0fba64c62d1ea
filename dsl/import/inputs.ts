import { isMap, isSeq, YAMLMap } from 'yaml';
import { quote } from '../quote.ts';
import {
  applyRules,
  fieldsOf,
  type KeyRule,
  keep,
  type MappingField,
  type PlacedMap,
  remove,
  replace,
  scalarText,
  scalarValue,
  without,
} from './mapping.ts';
import type { ImportRecord } from './record.ts';

/** `inputs` of a trigger. */
export const importInputs: KeyRule = (field, record) => {
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

/** Says of something that should be a mapping that it is none. */
export function notAMapping({ key, place }: MappingField, record: ImportRecord): void {
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

/** Triggers whose inputs a run has, here and at GitHub. */
const withInputs = ['manual', 'workflow_dispatch', 'workflow_call'] as const;

/** The names of the inputs that the workflow takes, in lower case: letter case doesn't tell them apart. */
export function inputNames(root: YAMLMap): ReadonlySet<string> {
  const inputs = withInputs.map((trigger) => root.getIn(['on', trigger, 'inputs']));
  return new Set(
    inputs.flatMap((map) => (isMap(map) ? map.items.map((pair) => String(scalarValue(pair.key)).toLowerCase()) : [])),
  );
}

/** A name for one more input, unlike those that are taken. */
export function freeName(taken: ReadonlySet<string>, wanted: string): string {
  if (!taken.has(wanted)) return wanted;
  let number = 2;
  while (taken.has(`${wanted}-${number}`)) number += 1;
  return `${wanted}-${number}`;
}

/** One more input, a text. */
interface AddedInput {
  readonly name: string;
  readonly required: boolean;
  readonly description: string;
}

/** Takes one more input, whoever starts the run. */
export function addInput(root: YAMLMap, { name, required, description }: AddedInput): void {
  const written = root.get('on', true);
  const isCalled = namesOf(written).includes('workflow_call');
  const isByHand = !isCalled || namesOf(written).includes('manual');
  const on = childMap(root, 'on');
  for (const trigger of [...(isByHand ? ['manual'] : []), ...(isCalled ? ['workflow_call'] : [])]) {
    const input = new YAMLMap();
    input.set('type', 'string');
    if (required) input.set('required', true);
    input.set('description', description);
    childMap(childMap(on, trigger), 'inputs').set(name, input);
  }
}

/** The triggers that an imported `on` names. */
function namesOf(on: unknown): readonly string[] {
  if (isMap(on)) return on.items.map(({ key }) => scalarText(key) ?? '');
  return (isSeq(on) ? on.items : [on]).map((item) => scalarText(item) ?? '');
}

/** The mapping below a key, made where there is none. What else stands there says only that a run is started by hand, or called. */
function childMap(map: YAMLMap, key: string): YAMLMap {
  const value = map.get(key, true);
  if (isMap(value)) return value;
  const made = new YAMLMap();
  map.set(key, made);
  return made;
}
