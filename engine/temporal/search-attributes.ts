import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';

interface Keyword {
  readonly name: string;
  readonly type: 'KEYWORD';
}

/**
 * What Temporal's own lists can be searched by. Search attributes are not encrypted, whatever the payload keys: they hold names that
 * workflow files give, and never what a run is given or what comes of it.
 */
export const searchAttributes: Readonly<Record<'tenant' | 'workflow' | 'run' | 'job' | 'status', Keyword>> = {
  tenant: defineSearchAttributeKey('WaterflowTenant', 'KEYWORD'),
  /** The name of the workflow file. */
  workflow: defineSearchAttributeKey('WaterflowWorkflow', 'KEYWORD'),
  run: defineSearchAttributeKey('WaterflowRun', 'KEYWORD'),
  /** The id of a job as its file has it, so that no value of a matrix is in it; of runs it is empty. */
  job: defineSearchAttributeKey('WaterflowJob', 'KEYWORD'),
  status: defineSearchAttributeKey('WaterflowStatus', 'KEYWORD'),
};

/** Temporal's number of a keyword (temporal.api.enums.v1.IndexedValueType). */
export const keywordType = 2;

/** What a workflow of a run or a job begins with. */
export function searchAttributesOf(values: {
  readonly tenant: string;
  readonly workflow: string;
  readonly run: string;
  readonly job?: string;
}): SearchAttributePair[] {
  const { tenant, workflow, run, job = '' } = values;
  return [
    { key: searchAttributes.tenant, value: tenant },
    { key: searchAttributes.workflow, value: workflow },
    { key: searchAttributes.run, value: run },
    { key: searchAttributes.job, value: job },
    { key: searchAttributes.status, value: 'running' },
  ];
}
