/**
 * What a machine answers to one event. A machine is pure: no clock, no randomness, no I/O; plan, state, events and commands
 * are JSON. An event that answers nothing outstanding (a duplicate, a late answer) changes nothing.
 */
export interface Transition<State, Command> {
  readonly state: State;
  readonly commands: readonly Command[];
}
