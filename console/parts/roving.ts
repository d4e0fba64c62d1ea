import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/** What a place listens to for it. */
export interface Roving {
  readonly onKeyDown: (event: KeyboardEvent) => void;
  readonly onFocusIn: (event: FocusEvent) => void;
}

/**
 * Makes the links in a place one stop of the Tab key, however many they are, and leads from one to another by keys: `to` says where, given
 * the key, where the focus is, and all of them in their order. The links have `tabIndex={-1}`; the stop is where the focus is, else what is
 * current, else the first; `first` says which of all that is.
 */
export function useRoving(
  place: RefObject<HTMLElement | null>,
  to: (key: string, at: HTMLElement, all: readonly HTMLElement[]) => HTMLElement | undefined,
  first: (all: readonly HTMLElement[]) => HTMLElement | undefined = ([link]) => link,
): Roving {
  const stop = useRef<HTMLElement | undefined>(undefined);
  const stopAt = (next: HTMLElement | undefined): void => {
    if (stop.current !== next && stop.current !== undefined) stop.current.tabIndex = -1;
    if (next !== undefined) next.tabIndex = 0;
    stop.current = next;
  };
  // Set by hand: of a thousand links two change.
  useLayoutEffect(() => {
    const focused = place.current?.querySelector<HTMLElement>('a:focus');
    stopAt(focused ?? currentIn(place.current) ?? first(linksIn(place.current)));
  });
  return {
    onFocusIn({ target }) {
      if (target instanceof HTMLElement && target.matches('a')) stopAt(target);
    },
    onKeyDown(event) {
      const { target, key, altKey, ctrlKey, metaKey, shiftKey } = event;
      if (altKey || ctrlKey || metaKey || shiftKey || !(target instanceof HTMLElement) || !target.matches('a')) return;
      const next = to(key, target, linksIn(place.current));
      if (next === undefined) return;
      event.preventDefault();
      next.focus();
    },
  };
}

function linksIn(place: HTMLElement | null): readonly HTMLElement[] {
  return [...(place?.querySelectorAll<HTMLElement>('a') ?? [])];
}

/** Where keys lead in a column of links. */
export function placeInColumn(key: string, at: HTMLElement, all: readonly HTMLElement[]): HTMLElement | undefined {
  if (key === 'Home') return all[0];
  if (key === 'End') return all.at(-1);
  if (key !== 'ArrowUp' && key !== 'ArrowDown') return undefined;
  return all[all.indexOf(at) + (key === 'ArrowDown' ? 1 : -1)];
}

/** What is current in a place; of a job and its step, the step. */
export function currentIn(place: HTMLElement | null): HTMLElement | null {
  return (
    place?.querySelector<HTMLElement>('[aria-current="page"]') ??
    place?.querySelector<HTMLElement>('[aria-current]') ??
    null
  );
}

/** Moves a box that scrolls so that something in it is seen, where it isn't; the page stays as it is. */
export function scrollTo(box: HTMLElement, { current }: { readonly current: HTMLElement }): void {
  const [whole, part] = [box.getBoundingClientRect(), current.getBoundingClientRect()];
  if (part.top < whole.top || part.bottom > whole.bottom) {
    box.scrollTop += (part.top + part.bottom - whole.top - whole.bottom) / 2;
  }
  if (part.left < whole.left || part.right > whole.right) {
    box.scrollLeft += (part.left + part.right - whole.left - whole.right) / 2;
  }
}
