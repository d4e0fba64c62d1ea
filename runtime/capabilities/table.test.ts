import { expect, it } from 'vitest';
import { grantableNames } from '../../schemas/index.ts';
import { capabilities, grantableCapabilities } from './table.ts';

it('has the capabilities that other parts name to people, and no more', () => {
  expect(grantableCapabilities.map(({ name }) => name).toSorted()).toEqual([...grantableNames].toSorted());
});

it('knows each capability by its own name', () => {
  expect([...capabilities].every(([name, capability]) => name === capability.name)).toBe(true);
});
