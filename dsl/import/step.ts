import { isMap, isScalar, Scalar } from 'yaml';
import { quote } from '../quote.ts';
import { actionRemedy } from './actions.ts';
import { importCheckout, isCheckout, type OwnRepository } from './checkout.ts';
import type { ShellDefault } from './defaults.ts';
import { applyRules, fieldsOf, type KeyRules, keep, type PlacedMap, replace, scalarText } from './mapping.ts';
import type { ImportRecord } from './record.ts';
import { remarkOnScript } from './script.ts';
import { importedShell } from './shell.ts';
import { standIn } from './stand-in.ts';

/** What a step is imported with. */
export interface StepSurroundings {
  readonly record: ImportRecord;
  /** The text of the imported file. */
  readonly text: string;
  readonly own: OwnRepository;
  readonly defaults: ShellDefault;
  /** Names of environment variables that the workflow and the job set. */
  readonly env: readonly string[];
}

const stepRules: KeyRules = {
  what: 'a step',
  rules: {
    id: keep,
    name: keep,
    if: keep,
    uses: keep,
    with: keep,
    run: keep,
    shell: keep,
    'working-directory': keep,
    env: keep,
    'timeout-minutes': keep,
    'continue-on-error': keep,
  },
};

/** A step of GitHub -> one that runs here, or one that fails in its place and says what is missing. */
export function importStep(step: PlacedMap, around: StepSurroundings): void {
  const { record } = around;
  applyRules(step, stepRules, record);
  const uses = fieldsOf(step).find(({ key }) => key === 'uses');
  if (uses === undefined) importScript(step, around);
  else {
    const name = scalarText(uses.value) ?? '';
    if (isCheckout(name)) importCheckout(step, uses, around);
    else {
      const remark = {
        outcome: 'todo',
        message: `the action ${quote(name)} can't run here`,
        remedy: actionRemedy(name),
      } as const;
      standIn(step, { what: name, remark, text: around.text }, record);
    }
  }
}

function importScript(step: PlacedMap, around: StepSurroundings): void {
  const run = fieldsOf(step).find(({ key }) => key === 'run');
  if (run === undefined) return;
  const { shell } = around.defaults;
  if (shell !== undefined && !step.map.has('shell') && importedShell(scalarText(shell) ?? '').kind === 'none') {
    const key = new Scalar('shell');
    // What is said of it is said of the script.
    if (isScalar(run.pair.key) && run.pair.key.range) key.range = run.pair.key.range;
    step.map.set(key, shell.clone());
  }
  if (!importShell(step, around)) return;
  remarkOnScript(run, { record: around.record, env: [...around.env, ...envNames(step.map.get('env', true))] });
}

/** Whether the shell is one that there is; else a step that fails stands for it. */
function importShell(step: PlacedMap, { record, text }: StepSurroundings): boolean {
  const field = fieldsOf(step).find(({ key }) => key === 'shell');
  if (field === undefined) return true;
  const shell = scalarText(field.value) ?? '';
  const imported = importedShell(shell);
  if (imported.kind === 'same') return true;
  if (imported.kind === 'other-flags') {
    replace(field, record, { value: imported.word, ...imported.remark });
    return true;
  }
  const remark = {
    outcome: 'todo',
    message: `there is no shell ${quote(shell)}: scripts run in bash, sh, python3 or node`,
    remedy: 'Write the script into a file of the repository and call its interpreter: `run: python3 script.py`.',
  } as const;
  standIn(step, { what: `shell ${shell}`, remark, text }, record);
  return false;
}

/** The names under an `env:`. */
export function envNames(env: unknown): readonly string[] {
  return isMap(env) ? env.items.flatMap(({ key }) => (isScalar(key) ? [String(key.value)] : [])) : [];
}
