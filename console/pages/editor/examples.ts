import approval from '../../../examples/approval.yml?raw';
import forEach from '../../../examples/for-each.yml?raw';
import hello from '../../../examples/hello.yml?raw';
import http from '../../../examples/http.yml?raw';
import inputs from '../../../examples/inputs.yml?raw';
import jobOutputs from '../../../examples/job-outputs.yml?raw';
import matrix from '../../../examples/matrix.yml?raw';
import retry from '../../../examples/retry.yml?raw';
import type { Draft } from './draft.ts';

/** Some of the examples that come with Waterflow, to begin with. */
export const examples: readonly Draft[] = [
  { name: 'hello.yml', whole: hello },
  { name: 'inputs.yml', whole: inputs },
  { name: 'job-outputs.yml', whole: jobOutputs },
  { name: 'matrix.yml', whole: matrix },
  { name: 'for-each.yml', whole: forEach },
  { name: 'http.yml', whole: http },
  { name: 'retry.yml', whole: retry },
  { name: 'approval.yml', whole: approval },
];
