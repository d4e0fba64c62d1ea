import type { PlannedConcurrency, Template } from '../../schemas/index.ts';
import type { MappingEntry, TreeNode } from '../tree/node.ts';
import { type KeyTable, readFields, reportMissing } from './fields.ts';
import { readNameTemplate } from './name-template.ts';
import type { Reading } from './reading.ts';
import { type Place, readBooleanTemplate } from './templates.ts';

/** What `concurrency:` can have. */
export const concurrencyKeys: KeyTable<'group' | 'cancel-in-progress'> = {
  what: 'a concurrency',
  keys: ['group', 'cancel-in-progress'],
};

/** As GitHub's. The machine holds evaluated names to it as well. */
const longestGroup = 400;
const no: Template = { kind: 'literal', value: false };

/** Where a concurrency stands. */
export interface ConcurrencyPlace extends Place {
  /** The workflow's, around a job's. */
  readonly around?: PlannedConcurrency | undefined;
}

/** `concurrency:` of the workflow or a job: the name of a group, or a mapping. Undefined where there is no group; that is reported. */
export function readConcurrency(
  reading: Reading,
  entry: MappingEntry,
  place: ConcurrencyPlace,
): PlannedConcurrency | undefined {
  const { value, keySpan } = entry;
  const at = reading.report.position(keySpan.start);
  if (value.kind === 'scalar' && value.value !== null) {
    const group = readGroup(reading, value, { ...place, subject: '`concurrency`' });
    return { group, cancel_in_progress: no, at };
  }
  const fields = readFields(reading, value, concurrencyKeys);
  if (fields === undefined) return undefined;
  const cancels = fields.get('cancel-in-progress')?.value;
  const cancelInProgress =
    cancels === undefined ? no : readBooleanTemplate(reading, cancels, { ...place, subject: '`cancel-in-progress`' });
  const group = fields.get('group')?.value;
  if (group === undefined) {
    reportMissing(reading, fields, {
      key: 'group',
      at: keySpan,
      message: 'the concurrency has no `group`',
      remedy: 'Add `group:` with a name; of all that share it, one runs at a time.',
    });
    return undefined;
  }
  return {
    group: readGroup(reading, group, { ...place, subject: '`group`' }),
    cancel_in_progress: cancelInProgress,
    at,
  };
}

function readGroup(reading: Reading, node: TreeNode, field: ConcurrencyPlace & { readonly subject: string }): Template {
  const group = readNameTemplate(reading, node, { ...field, longest: longestGroup });
  // What the workflow's group reads is the same in all of its jobs.
  if (field.around !== undefined && writtenName(group) === writtenName(field.around.group)) {
    reading.report.error(node.span, {
      code: 'INVALID_VALUE',
      message: "the job's run holds this concurrency group, so the job would wait for itself",
      remedy: "Give it a group of its own, or remove it: the workflow's group holds for its jobs.",
    });
  }
  return group;
}

/** Two groups that are written alike are one. */
function writtenName(group: Template): string {
  const parts = group.kind === 'text' ? group.parts : group.kind === 'expression' ? [group.expression] : [];
  const written = parts.map((part) => (typeof part === 'string' ? part : `\${{ ${part.source} }}`)).join('');
  const isWritten = group.kind === 'literal' && typeof group.value === 'string';
  return (isWritten ? group.value : written).toLowerCase();
}
