import { assertNever } from '../../schemas/index.ts';
import type { Addressed, RunEffect } from '../driving/machines.ts';
import {
  emptyGroup,
  type GroupEvent,
  type GroupState,
  groupKey,
  groupTransition,
  readMember,
} from '../machine/index.ts';
import type { Agenda } from './agenda.ts';
import type { Watcher } from './moments.ts';

type Acquire = Extract<RunEffect, { readonly type: 'acquire_group' }>;
type Release = Extract<RunEffect, { readonly type: 'release_group' }>;

/** The concurrency groups of a simulated run, which no other run wants. */
export class SimulatedGroups {
  readonly #agenda: Agenda<Addressed>;
  readonly #watcher: Watcher;
  readonly #groups = new Map<string, GroupState>();

  constructor({ agenda, watcher }: { readonly agenda: Agenda<Addressed>; readonly watcher: Watcher }) {
    this.#agenda = agenda;
    this.#watcher = watcher;
  }

  acquire({ group, member, cancel_in_progress }: Acquire, at: number): void {
    this.#move(group, { type: 'requested', member, cancel_in_progress }, at);
    if (this.#groups.get(groupKey(group))?.holder?.member === member) return;
    this.#watcher.tell({ at_ms: at, type: 'group_waiting', group, ...jobOf(member) });
  }

  release({ group, member }: Release, at: number): void {
    this.#move(group, { type: 'left', member }, at);
  }

  #move(group: string, event: GroupEvent, at: number): void {
    const key = groupKey(group);
    const { state, commands } = groupTransition(this.#groups.get(key) ?? emptyGroup, event);
    this.#groups.set(key, state);
    const machine = { kind: 'run' } as const;
    for (const command of commands) {
      const { member } = command;
      switch (command.type) {
        case 'grant':
          this.#watcher.tell({ at_ms: at, type: 'group_acquired', group, ...jobOf(member) });
          this.#agenda.add(at, { machine, event: { type: 'group_acquired', at, group, member } });
          break;
        case 'supersede':
          this.#agenda.add(at, { machine, event: { type: 'group_superseded', at, group, member, by: command.by } });
          break;
        default:
          assertNever(command);
      }
    }
  }
}

/** The member of a group that is the whole run has no job; a called workflow is the job that calls it. */
function jobOf(member: string): { readonly job?: string } {
  const read = readMember(member);
  const job = read.kind === 'job' ? read.job : read.caller;
  return job === undefined ? {} : { job };
}
