import { isMap, isScalar, type Pair, Scalar, YAMLMap } from 'yaml';
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
import type { ImportRecord, Remark } from './record.ts';

const action = /^actions\/checkout@/i;
const server = 'https://github.com';

/** Whether `uses` names GitHub's checkout, in any version. */
export function isCheckout(uses: string): boolean {
  return action.test(uses);
}

/** Where the repository of the workflow itself comes from: an input, since a run belongs to none. */
export interface OwnRepository {
  readonly input: string;
  /** Called when a step checks it out. */
  readonly use: () => void;
}

/** A step with `actions/checkout` -> `checkout@v1`, its inputs by their names here. */
export function importCheckout(
  step: PlacedMap,
  uses: MappingField,
  around: { readonly record: ImportRecord; readonly own: OwnRepository },
): void {
  const { record, own } = around;
  replace(uses, record, {
    value: 'checkout@v1',
    outcome: 'changed',
    message: `${quote(scalarText(uses.value) ?? '')} is the node \`checkout@v1\` here`,
  });
  const given = fieldsOf(step).find(({ key }) => key === 'with');
  const value = given?.value;
  if (given !== undefined && !isMap(value)) remove(given, record, noMapping(value));
  const inputs = isMap(value) ? value : new YAMLMap();
  applyRules({ map: inputs, path: [...step.path, 'with'] }, { what: 'actions/checkout', rules: inputRules }, record);
  if (!inputs.has('repository')) {
    record.add(uses.place, {
      outcome: 'changed',
      message: `the repository is the input ${quote(own.input)}: a run belongs to none`,
      remedy: `Give its address when the run is started: \`--input ${own.input}=https://…\`.`,
    });
    own.use();
    inputs.items.unshift(pairOf(inputs, 'repository', `\${{ inputs.${own.input} }}`));
  }
  if (isMap(value)) return;
  const at = step.map.items.findIndex((pair) => scalarText(pair.key) === 'uses');
  const written: Pair = pairOf(step.map, 'with', undefined);
  written.value = inputs;
  step.map.items.splice(at + 1, 0, written);
}

function noMapping(value: unknown): Remark {
  if (scalarValue(value) === null) return { outcome: 'dropped', message: 'there are no inputs' };
  return {
    outcome: 'todo',
    message: '`with` is not the mapping that it should be',
    remedy: 'Write the inputs by their names.',
  };
}

/** A pair that a mapping can take. */
function pairOf(map: YAMLMap, key: string, value: unknown): Pair {
  const holder = new YAMLMap(map.schema);
  holder.set(new Scalar(key), new Scalar(value));
  // set() has just put it there.
  return holder.items[0] as Pair;
}

/** `owner/name` is an address on GitHub. */
const importRepository: KeyRule = (field, record) => {
  const text = scalarText(field.value);
  if (text === undefined || !/^[\w.-]+\/[\w.-]+$/.test(text)) {
    record.add(field.place, {
      outcome: 'todo',
      message: `${quote(text ?? '')} has to be the whole address of a repository`,
      remedy: `Write \`repository: ${server}/…\`.`,
    });
    return;
  }
  const value = `${server}/${text}.git`;
  replace(field, record, {
    value,
    outcome: 'changed',
    message: `the repository is named by its whole address, ${quote(value)}`,
  });
};

/** The same input under another name; a number that is written as a text becomes one. */
function renamedTo(name: string): KeyRule {
  return (field, record) => {
    record.add(field.place, { outcome: 'changed', message: `${quote(field.key)} is ${quote(name)} here` });
    if (isScalar(field.pair.key)) field.pair.key.value = name;
    const text = scalarValue(field.value);
    if (typeof text === 'string' && /^\d+$/.test(text)) field.pair.value = new Scalar(Number(text));
  };
}

/** An input that says what is the case anyway; `else` is what it means when it says something else. */
function onlyAs(usual: readonly string[], otherwise: { readonly message: string; readonly remedy: string }): KeyRule {
  return (field, record) => {
    const isUsual = usual.includes(scalarText(field.value) ?? '');
    remove(
      field,
      record,
      isUsual
        ? { outcome: 'dropped', message: `${quote(field.key)} says what holds anyway` }
        : { outcome: 'todo', ...otherwise },
    );
  };
}

const inputRules: Readonly<Record<string, KeyRule>> = {
  repository: importRepository,
  ref: keep,
  path: keep,
  token: keep,
  'ssh-key': keep,
  submodules: keep,
  'fetch-depth': renamedTo('depth'),
  'ssh-known-hosts': renamedTo('known-hosts'),
  'ssh-strict': onlyAs(['true'], { message: 'the host key is always checked', remedy: 'Give it as `known-hosts`.' }),
  'ssh-user': onlyAs(['git'], {
    message: 'the user is a part of the address',
    remedy: 'Write it there: `ssh://user@host/path`.',
  }),
  'persist-credentials': onlyAs(['false'], {
    message: 'credentials are never kept for later steps',
    remedy: 'Give a later step that needs them its own, by `env` from `secrets`.',
  }),
  clean: onlyAs(['true'], {
    message: 'the folder is always emptied first',
    remedy: 'Use another `path` for what has to stay.',
  }),
  lfs: keep,
  'fetch-tags': onlyAs(['false'], { message: 'tags come with the whole history alone', remedy: 'Write `depth: 0`.' }),
  'set-safe-directory': without({ outcome: 'dropped', message: 'git needs no such setting here' }),
  'show-progress': without({ outcome: 'dropped', message: 'progress is not shown' }),
  'sparse-checkout': renamedTo('sparse'),
  'sparse-checkout-cone-mode': onlyAs(['true'], {
    message: '`sparse` takes folders',
    remedy: 'Name folders, no patterns.',
  }),
  filter: onlyAs([], {
    message: 'everything is fetched, but for what `sparse` leaves out',
    remedy: 'Nothing, unless the repository is too large for that.',
  }),
  'github-server-url': onlyAs([server], {
    message: 'the server is a part of the address',
    remedy: 'Write it into `repository`.',
  }),
};
