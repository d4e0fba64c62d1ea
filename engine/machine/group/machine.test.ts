import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { emptyGroup, type GroupState, groupKey, groupTransition, isEmptyGroup } from './machine.ts';
import type { GroupCommand } from './protocol.ts';

/** A group whose members a test moves by hand. */
class GroupDrive {
  state: GroupState = emptyGroup;

  ask(member: string, { cancelInProgress = false } = {}): readonly GroupCommand[] {
    const event = { type: 'requested', member, cancel_in_progress: cancelInProgress } as const;
    return this.#tell(groupTransition(this.state, event));
  }

  leave(member: string): readonly GroupCommand[] {
    return this.#tell(groupTransition(this.state, { type: 'left', member }));
  }

  get waiting(): readonly string[] {
    return this.state.waiting.map(({ member }) => member);
  }

  #tell({ state, commands }: ReturnType<typeof groupTransition>): readonly GroupCommand[] {
    // As a store keeps it.
    this.state = state === this.state ? state : (JSON.parse(JSON.stringify(state)) as GroupState);
    return commands;
  }
}

describe('a concurrency group', () => {
  it('is granted to the first that asks, and to the others in the order in which they asked', () => {
    const group = new GroupDrive();
    expect(group.ask('a')).toEqual([{ type: 'grant', member: 'a' }]);
    expect(group.ask('b')).toEqual([]);
    expect(group.ask('c')).toEqual([]);
    expect(group.leave('a')).toEqual([{ type: 'grant', member: 'b' }]);
    expect(group.leave('b')).toEqual([{ type: 'grant', member: 'c' }]);
    expect(group.leave('c')).toEqual([]);
    expect(isEmptyGroup(group.state)).toBe(true);
  });

  it('lets one that waits leave', () => {
    const group = new GroupDrive();
    for (const member of ['a', 'b', 'c']) group.ask(member);
    expect(group.leave('b')).toEqual([]);
    expect(group.leave('a')).toEqual([{ type: 'grant', member: 'c' }]);
  });

  it('tells the holder and all that wait to end for one that cancels in progress, each once', () => {
    const group = new GroupDrive();
    for (const member of ['a', 'b']) group.ask(member);
    expect(group.ask('c', { cancelInProgress: true })).toEqual([
      { type: 'supersede', member: 'a', by: 'c' },
      { type: 'supersede', member: 'b', by: 'c' },
    ]);
    expect(group.ask('d', { cancelInProgress: true })).toEqual([{ type: 'supersede', member: 'c', by: 'd' }]);
    expect(group.waiting).toEqual(['b', 'c', 'd']);
  });

  it('waits for the holder that is to end, and passes over those that are to end while they wait', () => {
    const group = new GroupDrive();
    for (const member of ['a', 'b']) group.ask(member);
    group.ask('c', { cancelInProgress: true });
    expect(group.leave('a')).toEqual([{ type: 'grant', member: 'c' }]);
    expect(group.leave('b')).toEqual([]);
    expect(group.waiting).toEqual([]);
  });

  it('lets later ones wait behind one that cancels in progress', () => {
    const group = new GroupDrive();
    group.ask('a');
    group.ask('b', { cancelInProgress: true });
    group.ask('c');
    expect(group.leave('a')).toEqual([{ type: 'grant', member: 'b' }]);
    expect(group.leave('b')).toEqual([{ type: 'grant', member: 'c' }]);
  });

  it('changes nothing for one that asks again, and tells it again what it was told', () => {
    const group = new GroupDrive();
    for (const member of ['a', 'b']) group.ask(member);
    group.ask('c', { cancelInProgress: true });
    const before = group.state;
    expect(group.ask('a')).toEqual([{ type: 'supersede', member: 'a', by: 'c' }]);
    expect(group.ask('b', { cancelInProgress: true })).toEqual([{ type: 'supersede', member: 'b', by: 'c' }]);
    expect(group.ask('c')).toEqual([]);
    expect(group.state).toBe(before);
    group.leave('a');
    expect(group.ask('c')).toEqual([{ type: 'grant', member: 'c' }]);
  });

  it('knows nothing of one that leaves without being in it', () => {
    const group = new GroupDrive();
    group.ask('a');
    const before = group.state;
    expect(group.leave('b')).toEqual([]);
    expect(group.state).toBe(before);
  });

  it('takes one that comes back after it has left for a new one', () => {
    const group = new GroupDrive();
    for (const member of ['a', 'b']) group.ask(member);
    group.leave('a');
    expect(group.ask('a')).toEqual([]);
    expect(group.leave('b')).toEqual([{ type: 'grant', member: 'a' }]);
  });

  it('has a name in which letter case does not count', () => {
    expect(groupKey('Deploy-LIVE')).toBe(groupKey('deploy-live'));
  });
});

const moves = fc.array(
  fc.record({
    member: fc.integer({ min: 0, max: 7 }).map((number) => `m${number}`),
    move: fc.constantFrom('ask', 'cancel', 'leave'),
  }),
  { maxLength: 200 },
);

describe('any members in any order', () => {
  it('never hold a group together, get it in the order of their asking, and are never forgotten', () => {
    fc.assert(
      fc.property(moves, (drawn) => {
        const group = new GroupDrive();
        /** Members in the order in which they asked, with what they were told last. */
        const members = new Map<string, 'waits' | 'holds' | 'superseded'>();
        const hear = (commands: readonly GroupCommand[]) => {
          for (const { type, member } of commands) {
            const granted = type === 'grant' ? [...members].find(([, told]) => told !== 'superseded')?.[0] : member;
            expect([member, members.has(member)]).toEqual([granted, true]);
            members.set(member, type === 'grant' ? 'holds' : 'superseded');
          }
        };
        const leave = (member: string) => {
          members.delete(member);
          hear(group.leave(member));
        };
        for (const { member, move } of drawn) {
          if (move === 'leave') leave(member);
          else {
            if (!members.has(member)) members.set(member, 'waits');
            hear(group.ask(member, { cancelInProgress: move === 'cancel' }));
          }
          expect([...members.values()].filter((told) => told === 'holds').length).toBeLessThanOrEqual(1);
        }
        // Whoever holds the group or is told to end leaves in the end: then everybody has been told something.
        for (let told = true; told; ) {
          const done = [...members].find(([, state]) => state !== 'waits');
          told = done !== undefined;
          if (done !== undefined) leave(done[0]);
        }
        expect([...members]).toEqual([]);
        expect(isEmptyGroup(group.state)).toBe(true);
      }),
    );
  });
});
