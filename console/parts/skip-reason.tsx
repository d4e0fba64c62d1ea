import type { VNode } from 'preact';
import type { SkipReason } from '../api/types.ts';
import { words } from '../text/index.ts';
import { jsonText, Values } from './values.tsx';

/** Why something was skipped: the condition, what it read, and what that came to. */
export function SkippedBy({ reason: { condition, read, result } }: { readonly reason: SkipReason }): VNode {
  const text = words.value.run;
  return (
    <section class="reason">
      <h3>{text.skipped}</h3>
      <p class="breakable">
        <code>{condition}</code> → <code>{jsonText(result)}</code>
      </p>
      {read.length > 0 && <Values values={Object.fromEntries(read.map(({ path, value }) => [path, value]))} />}
    </section>
  );
}
