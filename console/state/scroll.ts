import { useEffect } from 'preact/hooks';

/** How far each place in the tab's history was scrolled, in CSS pixels, by the name that its entry was given. */
const kept = new Map<string, number>();
let entry = entryNow();
/** How far the place was scrolled when it was left, until its page is there again. */
let wanted = 0;
addEventListener('hashchange', () => {
  entry = entryNow();
  wanted = kept.get(entry) ?? 0;
});

/**
 * Goes to where the page was left, once it has what it shows (`isThere`): the browser does so itself only where all of a page is there at
 * once. A place that a link leads to anew begins at its top.
 */
export function useScrollKept(isThere: boolean): void {
  useEffect(() => {
    if (!isThere) return undefined;
    if (wanted > 0) scrollTo({ top: wanted, behavior: 'instant' });
    wanted = 0;
    const keep = (): void => {
      kept.set(entry, scrollY);
    };
    addEventListener('scroll', keep, { passive: true });
    return () => removeEventListener('scroll', keep);
  }, [isThere]);
}

/** The name of the entry of the history that is shown; a new one is given one. */
function entryNow(): string {
  const state: unknown = history.state;
  if (typeof state === 'object' && state !== null && 'entry' in state && typeof state.entry === 'string') {
    return state.entry;
  }
  const name = String(performance.timeOrigin + performance.now());
  history.replaceState({ entry: name }, '');
  return name;
}
