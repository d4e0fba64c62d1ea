import type { VNode } from 'preact';
import { spansOf } from './spans.ts';

/** A line of a log with its colours, and what is looked for in it marked. */
export function AnsiText({ text, search }: { readonly text: string; readonly search: string }): VNode {
  return (
    <>
      {spansOf(text).map((span) => {
        const marked = <Marked text={span.text} search={search} />;
        const isPlain = span.classes.length === 0 && Object.keys(span.style).length === 0;
        return isPlain ? (
          marked
        ) : (
          <span class={span.classes.join(' ')} style={span.style}>
            {marked}
          </span>
        );
      })}
    </>
  );
}

function Marked({ text, search }: { readonly text: string; readonly search: string }): VNode {
  const lower = text.toLowerCase();
  // Some letters are longer in lower case: then places in one are none in the other.
  if (search === '' || lower.length !== text.length) return <>{text}</>;
  const parts: (VNode | string)[] = [];
  let from = 0;
  for (let at = lower.indexOf(search); at !== -1; at = lower.indexOf(search, from)) {
    parts.push(text.slice(from, at), <mark>{text.slice(at, at + search.length)}</mark>);
    from = at + search.length;
  }
  return (
    <>
      {parts}
      {text.slice(from)}
    </>
  );
}
