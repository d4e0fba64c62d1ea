import type { ExpressionSource, PlannedJob } from '../../schemas/index.ts';
import type { Need } from '../check/needs.ts';
import { checkUnreachable } from '../check/unreachable.ts';
import { checkUnusedOutputs } from '../check/unused-outputs.ts';
import type { CheckedExpression } from '../expressions/index.ts';
import type { MappingEntry } from '../tree/node.ts';
import type { Reading } from './reading.ts';
import { References } from './references.ts';

/** What the expressions of a file say together, once all of it is read. */
export class ExpressionFacts {
  readonly #references = new References();
  readonly #never = new Set<ExpressionSource>();

  /** Takes in an expression. Bound, so that it can be handed on as it is. */
  readonly note = (checked: CheckedExpression, expression: ExpressionSource): void => {
    this.#references.collect(checked);
    if (checked.constant?.value === false) this.#never.add(expression);
  };

  /** Each context path that is read. */
  paths(): readonly (readonly string[])[] {
    return this.#references.list();
  }

  /** True for an expression that is always false. */
  isNever(expression: ExpressionSource): boolean {
    return this.#never.has(expression);
  }
}

/** The jobs of a file, as they stand there and as they were read. */
export interface ReadJobs {
  readonly entries: readonly MappingEntry[];
  readonly jobs: readonly PlannedJob[];
  readonly needs: ReadonlyMap<string, readonly Need[]>;
  /** Another file may call the workflow, and read what this one doesn't. */
  readonly isCallable: boolean;
}

/** Warns of what only all jobs together show. With an error in the file it is too early to say. */
export function warnOfJobs(reading: Reading, read: ReadJobs, facts: ExpressionFacts): void {
  if (reading.report.hasErrors()) return;
  const reachability = read.jobs.map(({ id, if: condition }) => ({
    id,
    needs: read.needs.get(id) ?? [],
    isNever: condition !== undefined && facts.isNever(condition.expression),
    wantsSuccess: condition?.calls_status_function !== true,
  }));
  checkUnreachable(reachability, reading.report);
  if (read.isCallable) return;
  const needed = new Set(read.jobs.flatMap((job) => job.needs.map((need) => need.toLowerCase())));
  checkUnusedOutputs({ entries: read.entries, needed }, facts.paths(), reading.report);
}
