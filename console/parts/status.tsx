import type { VNode } from 'preact';
import { statusWord } from '../text/index.ts';

/** A status in words beside its colour, which alone says nothing to who can't see it. */
export function Status({ status }: { readonly status: string }): VNode {
  return (
    <span class={`status status-${status.replaceAll(/[^a-z]/gu, '')}`}>
      <span class="dot" aria-hidden="true" />
      {statusWord(status)}
    </span>
  );
}
