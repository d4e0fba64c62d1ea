import { describe, expect, it } from 'vitest';
import { CallBudget } from './call-budget.ts';

describe("the budget of an invocation's calls", () => {
  it('starts calls while there is room, and the rest in their order once there is', () => {
    const budget = new CallBudget(100);
    const started: string[] = [];
    for (const [name, bytes] of [
      ['a', 60],
      ['b', 40],
      ['c', 50],
      ['d', 1],
    ] as const) {
      budget.admit(bytes, () => started.push(name));
    }
    expect(started).toEqual(['a', 'b']);
    expect(budget.waitingBytes).toBe(51);
    budget.change(-40);
    expect(started).toEqual(['a', 'b']);
    budget.change(-60);
    expect(started).toEqual(['a', 'b', 'c', 'd']);
    expect(budget.waitingBytes).toBe(0);
  });

  it('counts an answer that grew beyond what was expected', () => {
    const budget = new CallBudget(100);
    const started: string[] = [];
    budget.admit(10, () => started.push('a'));
    budget.change(90);
    budget.admit(1, () => started.push('b'));
    expect(started).toEqual(['a']);
    budget.change(-1);
    expect(started).toEqual(['a', 'b']);
  });

  it('never refuses a call alone, whatever its size', () => {
    const budget = new CallBudget(100);
    const started: string[] = [];
    budget.admit(1000, () => started.push('large'));
    expect(started).toEqual(['large']);
  });

  it('starts what waits when it is closed, once', () => {
    const budget = new CallBudget(100);
    const started: string[] = [];
    budget.admit(100, () => started.push('a'));
    budget.admit(100, () => started.push('b'));
    budget.close();
    expect(budget.waitingBytes).toBe(0);
    budget.change(-100);
    expect(started).toEqual(['a', 'b']);
  });
});
