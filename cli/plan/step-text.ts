import { assertNever } from '../../schemas/index.ts';
import type { StepOutline } from './api.ts';
import { verdictWords } from './grants-text.ts';
import { conditionWords, known, retryWords } from './words.ts';

/** A step for people: a line of what it is, one for each capability, and the steps inside. */
export function stepLines(step: StepOutline, indent: string): readonly string[] {
  const name = step.name === undefined ? '' : ` ${JSON.stringify(known(step.name))}`;
  const facts = [
    ...(step.if === undefined ? [] : [conditionWords(step.if)]),
    ...(step.retry === undefined ? [] : [retryWords(step.retry)]),
    ...(step.timeout_minutes === undefined ? [] : [minutesWords(known(step.timeout_minutes))]),
    ...(step.continue_on_error === undefined ? [] : [`goes on after an error: ${known(step.continue_on_error)}`]),
    ...Object.entries(step.with ?? {}).map(([input, value]) => `${input} ${known(value)}`),
  ];
  const inside = `${indent}  `;
  return [
    `${indent}${[`${step.key}: ${step.uses}${name}`, ...facts].join('; ')}`,
    ...(step.error === undefined ? [] : [`${inside}can't run: ${step.error.message}. ${step.error.remedy}`]),
    ...refusedLines(step, inside),
    ...(step.body === undefined ? [] : bodyLines(step.body, inside)),
  ];
}

function bodyLines(body: NonNullable<StepOutline['body']>, indent: string): readonly string[] {
  const inside = (steps: readonly StepOutline[]): readonly string[] =>
    steps.flatMap((step) => stepLines(step, `${indent}  `));
  switch (body.kind) {
    case 'if': {
      const then = [`${indent}then, ${branchWords(body.condition)}`, ...inside(body.then)];
      return body.else.length === 0 ? then : [...then, `${indent}else`, ...inside(body.else)];
    }
    case 'for-each':
      return [`${indent}each of ${known(body.items)}, ${known(body.concurrency)} at once`, ...inside(body.steps)];
    default:
      return assertNever(body);
  }
}

function branchWords({ source, value }: Extract<StepOutline['body'], { kind: 'if' }>['condition']): string {
  return value === undefined ? `if ${source}` : `if ${source} (${value})`;
}

/** What it may do stands together with the steps that may do the same; here is only what will surprise. */
function refusedLines({ grants = [] }: StepOutline, indent: string): readonly string[] {
  const refused = grants.filter(({ verdict }) => verdict === 'refused');
  const words = [...new Set(refused.map(verdictWords))];
  return words.map((by) => {
    const names = refused.flatMap((grant) => (verdictWords(grant) === by ? [grant.capability] : []));
    return `${indent}${by}: ${names.join(', ')}`;
  });
}

function minutesWords(minutes: string): string {
  return `at most ${minutes} ${minutes === '1' ? 'minute' : 'minutes'}`;
}
