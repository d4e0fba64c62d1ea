import { assertNever, type PlannedBody, type PlannedStep } from '../../schemas/index.ts';
import type { StepGrant } from '../composition/explain-step.ts';
import type { StepOutline } from './api.ts';
import { grantFields } from './grants.ts';
import { type Known, shown, shownCondition, shownEntries } from './known.ts';
import { retryOutline } from './retry-outline.ts';

/** What each plugin step may do, by its place: `release / build/loop.test`. */
export type GrantsOfSteps = ReadonlyMap<string, StepGrant>;

/** Where a step stands, and what is known there. */
interface StepPlace {
  readonly known: Known;
  readonly grants: GrantsOfSteps;
  readonly job: string;
  /** The keys of the steps around, each with a dot. */
  readonly prefix: string;
}

/** A step with those inside of it, as far as they are known before a run. */
export function stepOutline(step: PlannedStep, place: StepPlace): StepOutline {
  const { known, grants, job, prefix } = place;
  const key = `${prefix}${step.key}`;
  const grant = grants.get(`${job}/${key}`);
  const goesOn = step.continue_on_error;
  return {
    key,
    ...(step.name === undefined ? {} : { name: shown(step.name, known) }),
    uses: step.uses,
    kind: step.kind,
    ...(step.if === undefined ? {} : { if: shownCondition(step.if, known) }),
    ...(step.retry === undefined ? {} : { retry: retryOutline(step.retry, known) }),
    ...(goesOn.kind === 'literal' && goesOn.value === false ? {} : { continue_on_error: shown(goesOn, known) }),
    ...(step.timeout_minutes === undefined ? {} : { timeout_minutes: shown(step.timeout_minutes, known) }),
    ...(grant === undefined ? {} : grantFields(grant)),
    ...(step.kind === 'control' && step.body === undefined ? { with: shownEntries(step.with, known) } : {}),
    ...(step.body === undefined ? {} : { body: bodyOutline(step.body, { ...place, prefix: `${key}.` }) }),
  };
}

function bodyOutline(body: PlannedBody, place: StepPlace): NonNullable<StepOutline['body']> {
  const outline = (steps: readonly PlannedStep[]): readonly StepOutline[] =>
    steps.map((step) => stepOutline(step, place));
  const { known } = place;
  switch (body.kind) {
    case 'if':
      return {
        kind: 'if',
        condition: shownCondition(body.condition, known),
        then: outline(body.then),
        else: outline(body.else),
      };
    case 'for-each':
      return {
        kind: 'for-each',
        items: shown(body.items, known),
        concurrency: shown(body.concurrency, known),
        fail_fast: shown(body.fail_fast, known),
        steps: outline(body.steps),
      };
    default:
      return assertNever(body);
  }
}
