import { DefaultFailureConverter } from '@temporalio/common';

/**
 * Puts messages and stacks of failures into a payload, which the codec encrypts; what Temporal sees is "Encoded failure". The SDK
 * loads this file by its path, in workers, in clients and in the script of the workflows.
 */
export const failureConverter: DefaultFailureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
