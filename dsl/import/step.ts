import { isMap, isScalar, Scalar } from 'yaml';
import { quote } from '../quote.ts';
import { actionRemedy } from './actions.ts';
import { importCheckout, isCheckout, type OwnRepository } from './checkout.ts';
import { applyRules, fieldsOf, keep, type KeyRules, type PlacedMap, replace, scalarText } from './mapping.ts';
import type { ImportRecord } from './record.ts';
import { remarkOnScript } from './script.ts';
import { standIn } from './stand-in.ts';

/** `defaults.run` of the workflow or a job. */
export interface RunDefaults {
  readonly shell?: Scalar;
  readonly 'working-directory'?: Scalar;
}

/** What a step is imported with. */
export interface StepSurroundings {
  readonly record: ImportRecord;
  /** The text of the imported file. */
  readonly text: string;
  readonly own: OwnRepository;
  readonly defaults: RunDefaults;
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
  for (const key of ['shell', 'working-directory'] as const) {
    const value = around.defaults[key];
    if (value !== undefined && !step.map.has(key)) step.map.set(new Scalar(key), value.clone());
  }
  if (!importShell(step, around)) return;
  remarkOnScript(run, { record: around.record, env: [...around.env, ...envNames(step.map.get('env', true))] });
}

/** Whether the shell is one that there is; else a step that fails stands for it. */
function importShell(step: PlacedMap, { record, text }: StepSurroundings): boolean {
  const field = fieldsOf(step).find(({ key }) => key === 'shell');
  if (field === undefined) return true;
  const shell = scalarText(field.value) ?? '';
  if (shell === 'bash' || shell === 'sh') return true;
  const word = /^(?:\/(?:usr\/)?bin\/)?(bash|sh)\s/.exec(shell)?.[1];
  if (word !== undefined) {
    replace(field, record, {
      value: word,
      outcome: 'todo',
      message: `the shell ${quote(shell)} runs as ${quote(word)}, which stops at the first command that fails`,
      remedy: 'Check that the script needs no other flags; `set` changes them within it.',
    });
    return true;
  }
  const remark = {
    outcome: 'todo',
    message: `there is no shell ${quote(shell)}: scripts run in bash or sh`,
    remedy: 'Write the script into a file of the repository and call its interpreter: `run: python3 script.py`.',
  } as const;
  standIn(step, { what: `shell ${shell}`, remark, text }, record);
  return false;
}

/** The names under an `env:`. */
export function envNames(env: unknown): readonly string[] {
  return isMap(env) ? env.items.flatMap(({ key }) => (isScalar(key) ? [String(key.value)] : [])) : [];
}
