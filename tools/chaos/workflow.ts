/** The run that is disturbed: 60 steps in 6 jobs, of which each adds to what the one before it gave. */

/** What a job needs. */
const needs: Readonly<Record<string, readonly string[]>> = {
  a: [],
  b: [],
  c: [],
  d: ['a'],
  e: ['b', 'c'],
  f: ['d', 'e'],
};

export const jobNames: readonly string[] = Object.keys(needs);
export const stepsOfJob = 10;
/** Each step's limit, in ms. */
export const stepTimeoutMs = 60_000;
/** What a step writes to its log between the first line, which names its execution, and the last one, its value. */
export const middleLines: readonly string[] = ['one', 'two', 'three'];

/** The id of a job's step, from 1. */
export function stepId(number: number): string {
  return `s${number}`;
}

/** What a step adds. */
function addend(job: string, number: number): number {
  return 100 * (jobNames.indexOf(job) + 1) + number;
}

/** What a step has to give: what the one before it gave, or what all needed jobs gave together, and its own. */
export function valueOf(job: string, number: number): number {
  const before =
    number > 1
      ? valueOf(job, number - 1)
      : (needs[job] ?? []).reduce((sum, needed) => sum + valueOf(needed, stepsOfJob), 0);
  return before + addend(job, number);
}

/** What differs between the engines. */
export interface WorkflowTerms {
  readonly runsOn: string;
  /** After which an agent that isn't heard of is lost. */
  readonly lostAfter: string;
  /** Whose `retry` covers a machine that is lost: see docs/engines.md. */
  readonly retried: 'job' | 'step';
  /** Where each execution of a step notes when it begins and ends: `begin JOB STEP TOKEN PID` and `end JOB STEP TOKEN`. */
  readonly ledger: string;
}

/** Its text. */
export function workflowText(terms: WorkflowTerms): string {
  const jobs = jobNames.map((job) => jobText(job, terms));
  return `name: chaos\non: manual\njobs:\n${jobs.join('')}`;
}

const retry = 'retry: { attempts: 50, initial-interval: 100ms, backoff-coefficient: 1, on: [lost] }';

function jobText(job: string, { runsOn, lostAfter, retried, ledger }: WorkflowTerms): string {
  const steps = Array.from({ length: stepsOfJob }, (_, index) => {
    return `      - id: ${stepId(index + 1)}
        timeout-minutes: ${stepTimeoutMs / 60_000}
${retried === 'step' ? `        ${retry}\n` : ''}        env: { BEFORE: "\${{ ${beforeOf(job, index + 1)} }}" }
        run: |
          token="$$-$(date +%N)-$RANDOM"
          echo "begin ${job} ${stepId(index + 1)} $token $$" >> ${ledger}
          echo "token $token"
${middleLines.map((line) => `          echo ${line}`).join('\n')}
          sleep 0.$((RANDOM % 2))$((RANDOM % 10))
          value=$((\${BEFORE// /+} + ${addend(job, index + 1)}))
          echo "value=$value" >> "$WATERFLOW_OUTPUT"
          echo "token=$token" >> "$WATERFLOW_OUTPUT"
          echo "value $value"
          echo "end ${job} ${stepId(index + 1)} $token" >> ${ledger}
`;
  });
  return `  ${job}:
    runs-on: ${runsOn}
    needs: [${(needs[job] ?? []).join(', ')}]
    lost-after: ${lostAfter}
    timeout-minutes: 5
${retried === 'job' ? `    ${retry}\n` : ''}    outputs: { value: "\${{ steps.${stepId(stepsOfJob)}.outputs.value }}" }
    steps:
${steps.join('')}`;
}

/** What the step reads: one number, or several with a space between them. */
function beforeOf(job: string, number: number): string {
  if (number > 1) return `steps.${stepId(number - 1)}.outputs.value`;
  const needed = (needs[job] ?? []).map((other) => `needs.${other}.outputs.value`);
  if (needed.length === 0) return "'0'";
  return needed.length === 1
    ? String(needed[0])
    : `format('${needed.map((_, index) => `{${index}}`).join(' ')}', ${needed.join(', ')})`;
}
