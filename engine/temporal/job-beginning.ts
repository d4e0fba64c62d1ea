import type { SearchAttributePair } from '@temporalio/common';
import { type JobInput, jobWorkflowId } from './protocol.ts';
import { searchAttributesOf } from './search-attributes.ts';

/** A job whose workflow is to be begun. */
export interface JobBeginning {
  readonly input: JobInput;
  /** Of the job in its workflow file. */
  readonly id: string;
  /** What it is called. */
  readonly name: string;
  /** The name of the workflow file. */
  readonly workflow: string;
  /** Whether the namespace has our search attributes. */
  readonly hasAttributes: boolean;
}

/** What its workflow is begun with, whoever does it. */
export interface JobBeginningOptions {
  readonly workflowId: string;
  readonly args: [JobInput];
  readonly staticSummary: string;
  readonly memo: Readonly<Record<string, string>>;
  readonly typedSearchAttributes?: SearchAttributePair[];
}

export function jobBeginningOptions({ input, id, name, workflow, hasAttributes }: JobBeginning): JobBeginningOptions {
  const { run, tenant, key } = input;
  return {
    workflowId: jobWorkflowId(run, key),
    args: [input],
    staticSummary: name,
    memo: { run, job: key, name, workflow, tenant },
    ...(hasAttributes ? { typedSearchAttributes: searchAttributesOf({ tenant, workflow, run, job: id }) } : {}),
  };
}
