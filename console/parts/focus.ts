/**
 * Gives the focus to a place, from now on, whenever what had it is taken out of that: else it would fall to the document's beginning, and
 * who works by keyboard would have to come all the way again. Gives what ends it.
 */
export function catchFocus(place: HTMLElement): () => void {
  let last: Element | undefined;
  const focused = ({ target }: FocusEvent): void => {
    last = target instanceof Element ? target : undefined;
  };
  const observer = new MutationObserver(() => {
    if (last === undefined || last.isConnected) return;
    last = undefined;
    // Somebody reads on where they are.
    if (document.activeElement === document.body) place.focus({ preventScroll: true });
  });
  place.addEventListener('focusin', focused);
  observer.observe(place, { childList: true, subtree: true });
  return () => {
    place.removeEventListener('focusin', focused);
    observer.disconnect();
  };
}
