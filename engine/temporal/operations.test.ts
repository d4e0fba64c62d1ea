import { afterAll, describe } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { describeOperations } from '../contract/operations-contract.ts';
import { describeReadings } from '../contract/readings-contract.ts';
import { describeRerun } from '../contract/rerun-contract.ts';
import { temporalDriver } from './testing/driver.ts';
import { surround } from './testing/surroundings.ts';

/** More than this part of the contract has. */
const worlds = 60;

const surroundings = (await needs('temporal')) ? await surround(worlds) : undefined;
afterAll(() => surroundings?.temporal[Symbol.asyncDispose]());

describe.skipIf(surroundings === undefined)('with a real Temporal', () => {
  const driver = temporalDriver(surroundings);
  describeOperations('temporal', driver);
  describeReadings('temporal', driver);
  describeRerun('temporal', driver);
});
