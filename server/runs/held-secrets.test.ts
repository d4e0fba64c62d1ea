import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import type { RunId } from '../../schemas/index.ts';
import { HeldSecrets } from './held-secrets.ts';

// They need only differ.
const [run, other] = ['run-1', 'run-2'] as RunId[] as [RunId, RunId];

it('holds values until they are forgotten, and the later one of two', () => {
  const held = new HeldSecrets(randomBytes);
  held.hold(run, { A: 'first-value' });
  held.hold(run, { A: 'later-value', B: 'b-value' });
  expect(held.of(run)).toEqual({ A: 'later-value', B: 'b-value' });
  expect(held.missing(run, ['A', 'C'])).toEqual(['C']);
  held.forget(run);
  expect([held.of(run), held.missing(run, ['A'])]).toEqual([{}, ['A']]);
});

it('knows other values, also once they are forgotten, and says nothing of those that it never had', () => {
  const held = new HeldSecrets(randomBytes);
  held.hold(run, { A: 'first-value' });
  for (const forget of [false, true]) {
    if (forget) held.forget(run);
    expect(held.agree(run, { A: 'first-value' })).toBe(true);
    expect(held.agree(run, { A: 'other-value' })).toBe(false);
    expect(held.agree(run, { B: 'other-value' })).toBe(true);
    expect(held.agree(other, { A: 'other-value' })).toBe(true);
  }
});

it('remembers no more than so many values of runs that have ended, and all of those that go on', () => {
  const held = new HeldSecrets(randomBytes);
  const secrets = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`S${index}`, 'some-value']));
  const others = { S0: 'other-value' };
  held.hold(other, secrets);
  held.hold(run, secrets);
  held.forget(run);
  held.forget(run);
  for (let count = 0; count < 500; count += 1) {
    expect(held.agree(run, others)).toBe(false);
    // As above.
    const one = `run-x${count}` as RunId;
    held.hold(one, secrets);
    held.forget(one);
  }
  expect(held.agree(run, others)).toBe(true);
  expect(held.agree(other, others)).toBe(false);
});

it('remembers a run that goes on again for as long as the last of its ends', () => {
  const held = new HeldSecrets(randomBytes);
  held.hold(run, { A: 'first-value' });
  held.forget(run);
  held.hold(run, { B: 'b-value' });
  const secrets = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`S${index}`, 'some-value']));
  for (let count = 0; count < 600; count += 1) {
    // As above.
    held.hold(`run-x${count}` as RunId, secrets);
    held.forget(`run-x${count}` as RunId);
  }
  expect(held.agree(run, { A: 'other-value' })).toBe(false);
});
