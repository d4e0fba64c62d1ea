import type { PlannedCallInterface, Template } from '../../schemas/index.ts';
import type { ExpressionScope } from '../expressions/index.ts';
import { quote } from '../quote.ts';
import type { MappingEntry, TreeNode } from '../tree/node.ts';
import { distinctKeys } from './distinct-keys.ts';
import { type KeyTable, readFields, reportMissing } from './fields.ts';
import { type PlannedInputs, readInputs } from './inputs.ts';
import { checkIdentifier, readBoolean, readLiteralText } from './literals.ts';
import { asMapping, type Reading } from './reading.ts';
import { checkSecretName } from './secret-name.ts';
import { readTextTemplate } from './templates.ts';

/** What `on.workflow_call` can have. */
export const workflowCallKeys: KeyTable<'inputs' | 'outputs' | 'secrets'> = {
  what: '`workflow_call`',
  keys: ['inputs', 'outputs', 'secrets'],
};

const outputKeys: KeyTable<'value' | 'description'> = { what: 'an output', keys: ['value', 'description'] };
const secretKeys: KeyTable<'required' | 'description'> = {
  what: 'a secret',
  keys: ['required', 'description'],
};

/** `on.workflow_call`; its outputs are read when the jobs are known. */
export interface ReadWorkflowCall {
  readonly inputs: PlannedInputs;
  readonly secrets: PlannedCallInterface['secrets'];
  readonly outputs: readonly MappingEntry[];
}

/** What stands below `workflow_call`, if anything. */
export function readWorkflowCall(reading: Reading, node: TreeNode | undefined): ReadWorkflowCall {
  const fields = node === undefined ? undefined : readFields(reading, node, workflowCallKeys);
  const inputs = fields?.get('inputs')?.value;
  const secrets = fields?.get('secrets')?.value;
  const outputs = fields?.get('outputs')?.value;
  return {
    inputs: inputs === undefined ? {} : readInputs(reading, inputs),
    secrets: secrets === undefined ? {} : readSecrets(reading, secrets),
    outputs: outputs === undefined ? [] : outputEntries(reading, outputs),
  };
}

function readSecrets(reading: Reading, node: TreeNode): PlannedCallInterface['secrets'] {
  const mapping = asMapping(reading, node, {
    subject: '`secrets`',
    remedy: 'Write `NAME: { required: true }` below it.',
  });
  const admit = distinctKeys(reading, 'secrets');
  const secrets = (mapping?.entries ?? []).flatMap((entry): [string, { readonly required: boolean }][] => {
    if (!checkSecretName(reading, entry) || !admit(entry)) return [];
    return [[entry.key, { required: isRequired(reading, entry) }]];
  });
  return Object.fromEntries(secrets);
}

function isRequired(reading: Reading, { key, value }: MappingEntry): boolean {
  if (value.kind === 'scalar' && value.value === null) return false;
  const fields = readFields(reading, value, { ...secretKeys, what: `the secret ${quote(key)}` });
  const description = fields?.get('description')?.value;
  if (description !== undefined) readLiteralText(reading, description, { subject: '`description`' });
  const required = fields?.get('required')?.value;
  return (required === undefined ? undefined : readBoolean(reading, required, { subject: '`required`' })) ?? false;
}

function outputEntries(reading: Reading, node: TreeNode): readonly MappingEntry[] {
  const mapping = asMapping(reading, node, {
    subject: '`outputs`',
    remedy: 'Write `name: ${{ jobs.build.outputs.name }}` below it.',
  });
  const admit = distinctKeys(reading, 'outputs');
  return (mapping?.entries ?? []).filter(
    (entry) => checkIdentifier(reading, entry.keySpan, { what: 'an output', text: entry.key }) && admit(entry),
  );
}

/** The outputs of a call, over what the jobs give. */
export function readCallOutputs(
  reading: Reading,
  entries: readonly MappingEntry[],
  scope: ExpressionScope,
): Readonly<Record<string, Template>> {
  return Object.fromEntries(
    entries.flatMap((entry): [string, Template][] => {
      const value = outputValue(reading, entry);
      if (value === undefined) return [];
      return [[entry.key, readTextTemplate(reading, value, { scope, subject: `the output ${quote(entry.key)}` })]];
    }),
  );
}

/** An output is its value, or a mapping with it, as GitHub writes it. */
function outputValue(reading: Reading, { key, keySpan, value }: MappingEntry): TreeNode | undefined {
  if (value.kind !== 'mapping') return value;
  const fields = readFields(reading, value, { ...outputKeys, what: `the output ${quote(key)}` });
  const description = fields?.get('description')?.value;
  if (description !== undefined) readLiteralText(reading, description, { subject: '`description`' });
  const found = fields?.get('value')?.value;
  if (fields !== undefined && found === undefined) {
    reportMissing(reading, fields, {
      key: 'value',
      at: keySpan,
      message: `the output ${quote(key)} has no \`value\``,
      remedy: 'Add `value: ${{ jobs.build.outputs.name }}`.',
    });
  }
  return found;
}
