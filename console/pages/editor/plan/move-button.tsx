import type { VNode } from 'preact';

/** Moves something by one place. At the end it does nothing, and keeps the focus: a button that is disabled would lose it. */
export function MoveButton({
  label,
  isAtEnd,
  move,
}: {
  readonly label: string;
  readonly isAtEnd: boolean;
  readonly move: () => void;
}): VNode {
  return (
    <button type="button" aria-disabled={isAtEnd} onClick={isAtEnd ? undefined : move}>
      {label}
    </button>
  );
}
