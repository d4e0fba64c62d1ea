import type { VNode } from 'preact';
import type { ApiError } from '../api/types.ts';

/** What went wrong in a run, where, by which rule, and what to do about it: all of it in the server's words, which are English. */
export function ErrorBox({ error }: { readonly error: ApiError }): VNode {
  const { code, message, remedy, file, line, column, rule } = error;
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  return (
    <div class="error-box breakable" lang="en">
      <p>
        <code>{code}</code> {message}
      </p>
      {remedy !== '' && <p>{remedy}</p>}
      {(place !== '' || rule !== undefined) && (
        <p class="muted">
          {place !== '' && <code>{place}</code>} {rule !== undefined && <code>{rule}</code>}
        </p>
      )}
    </div>
  );
}
