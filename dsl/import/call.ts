import { Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { quote } from '../quote.ts';
import { type KeyRule, keep, type MappingField, type PlacedMap, replace, scalarText, without } from './mapping.ts';
import type { ImportRecord, Remark } from './record.ts';
import { failing } from './stand-in.ts';

/** What a job that calls another workflow says of that, by key. */
export interface CallRules {
  readonly uses: KeyRule;
  readonly with: KeyRule;
  readonly secrets: KeyRule;
}

const elsewhere: Remark = {
  outcome: 'todo',
  message: "a workflow of another repository can't be called",
  remedy: 'Copy its file beside this one, import it, and write `uses: ./` and its name; until then the job fails.',
};

/** GitHub has workflows in one folder, and counts from the repository's. */
const workflowFolder = /^\.\/\.github\/workflows\//;

/** The rules for a call of a file of the same repository, or of one that can't be called. */
export function callRules(job: PlacedMap): CallRules {
  const uses = scalarText(job.map.get('uses', true));
  if (uses !== undefined && /^\.\/.+\.ya?ml$/i.test(uses)) return { uses: importUses, with: keep, secrets: keep };
  const rule = without(elsewhere);
  return { uses: rule, with: rule, secrets: rule };
}

/** Puts steps that fail in the place of a call that can't be imported. */
export function standInForCall(job: PlacedMap, uses: string): void {
  if (job.map.has('steps') || job.map.has('uses')) return;
  const step = new YAMLMap();
  step.set('name', new Scalar('Not imported'));
  step.set('run', failing(uses));
  const steps = new YAMLSeq();
  steps.add(step);
  job.map.set('steps', steps);
}

function importUses(field: MappingField, record: ImportRecord): void {
  const uses = scalarText(field.value) ?? '';
  const path = uses.replace(workflowFolder, './');
  const remark = {
    outcome: 'changed',
    message: `${quote(uses)} is ${quote(path)} here: paths count from the file that calls`,
    remedy: 'Import that file, too, into the folder of this one.',
  } as const;
  if (path !== uses) replace(field, record, { value: path, ...remark });
}
