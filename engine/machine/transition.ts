/**
 * What a machine answers to one event. A machine is pure: no clock, no randomness, no I/O; plan, state, events and commands
 * are JSON. An event that answers nothing outstanding (a duplicate, a late answer) changes nothing: the state comes back as
 * the same object, without commands.
 */
export interface Transition<State, Command> {
  readonly state: State;
  readonly commands: readonly Command[];
}

/** The transition of an event that changes nothing. */
export function unchanged<State>(state: State): Transition<State, never> {
  return { state, commands: [] };
}
