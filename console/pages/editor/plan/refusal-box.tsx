import type { VNode } from 'preact';
import type { Refusal } from '../../../language/protocol.ts';
import { words } from '../../../text/index.ts';

/** Why something wasn't done. */
export function RefusalBox({ refusal, close }: { readonly refusal: Refusal; readonly close: () => void }): VNode {
  const text = words.value.editor;
  return (
    <div class="error-box breakable" role="alert">
      <p>{text.refused[refusal.why]}</p>
      {refusal.why === 'mistakes' && (
        <ul>
          {refusal.mistakes.slice(0, 5).map(({ code, message, remedy }) => (
            <li lang="en">
              <code>{code}</code> {message}. {remedy}
            </li>
          ))}
        </ul>
      )}
      <div class="buttons">
        <button type="button" onClick={close}>
          {words.value.common.close}
        </button>
      </div>
    </div>
  );
}
