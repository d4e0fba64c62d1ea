import Anser from 'anser';
import type { VNode } from 'preact';
import { plainLine } from '../../../../schemas/plain-text.ts';

// oxlint-disable-next-line no-control-regex -- sequences begin with a control character
const colourSequence = /(\u001b\[[0-9;]*m)/u;
const rgbForm = /^\d{1,3}, ?\d{1,3}, ?\d{1,3}$/u;

/** A text with its colours, and what is looked for in it marked. */
export function AnsiText({ text, search }: { readonly text: string; readonly search: string }): VNode {
  const parts = Anser.ansiToJson(withoutControls(text), { use_classes: true, remove_empty: true });
  return (
    <>
      {parts.map(({ content, fg, decorations, fg_truecolor }) => {
        const marked = <Marked text={content} search={search} />;
        const classes = [fg, ...(decorations ?? []).map((one) => `ansi-${one}`)];
        const style = fg === 'ansi-truecolor' && rgbForm.test(fg_truecolor) ? { color: `rgb(${fg_truecolor})` } : {};
        const named = classes.filter((one) => typeof one === 'string' && one !== '').join(' ');
        return named === '' ? (
          marked
        ) : (
          <span class={named} style={style}>
            {marked}
          </span>
        );
      })}
    </>
  );
}

/** What moves a cursor, reorders a text or hides in it is not shown: a log is read, and not carried out. */
function withoutControls(text: string): string {
  return text
    .split(colourSequence)
    .map((part, index) => (index % 2 === 1 ? part : plainLine(part)))
    .join('');
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
