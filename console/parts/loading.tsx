import type { VNode } from 'preact';
import { words } from '../text/index.ts';

/** That something is on its way. */
export function Loading(): VNode {
  return (
    <p class="loading" role="status">
      {words.value.common.loading}
    </p>
  );
}
