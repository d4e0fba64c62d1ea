import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

/** A dialog over the page. The browser keeps the focus in it, closes it by Escape, and gives the focus back. */
export function Dialog({
  title,
  close,
  children,
}: {
  readonly title: string;
  readonly close: () => void;
  readonly children: ComponentChildren;
}): VNode {
  const place = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    place.current?.showModal();
  }, []);
  return (
    <dialog ref={place} aria-labelledby={heading} onClose={close}>
      <h2 id={heading}>{title}</h2>
      {children}
    </dialog>
  );
}
