import { type ReadonlySignal, signal } from '@preact/signals';
import { onSignOut } from '../../state/session.ts';

const ids = signal<ReadonlySet<string>>(new Set());
onSignOut(() => (ids.value = new Set()));

/** The runs that are selected, by their ids. They stay so on other pages; what is done is done with those of the page that is shown. */
export const selected: ReadonlySignal<ReadonlySet<string>> = ids;

export function select(runs: Iterable<string>): void {
  ids.value = new Set([...ids.value, ...runs]);
}

export function deselect(runs: Iterable<string>): void {
  const others = new Set(ids.value);
  for (const id of runs) others.delete(id);
  ids.value = others;
}
