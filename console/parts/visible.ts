import { options } from 'preact';
import { visibleText } from '../../schemas/plain-text.ts';

/** What browsers show or read out of an element beside its content. */
const shownAttributes = ['title', 'aria-label', 'aria-description', 'aria-valuetext', 'alt', 'placeholder', 'label'];

/**
 * From here on every text that Preact puts into the page is a {@link visibleText}: what workflows, plugins and steps write could otherwise
 * show itself in another order than it is (U+202E), also to who approves it. What is sent to the server is none of it: values of fields,
 * addresses and what is computed with stay as they are.
 *
 * A signal as the child of an element goes another way, straight into its text: only its value may stand there.
 */
export function showAllTexts(): void {
  const before = { ...options };
  options.vnode = (vnode) => {
    before.vnode?.(vnode);
    const { type } = vnode;
    // A text, by Preact 11: no type, and the text in place of the properties. Its declarations don't tell.
    if (type === null) Object.assign(vnode, { props: shown(vnode.props) });
    else if (typeof type === 'string') showAttributes(vnode.props);
  };
}

/** Its properties were made for it alone. */
function showAttributes(props: object): void {
  for (const name of shownAttributes) {
    if (name in props) Object.assign(props, { [name]: shown(Reflect.get(props, name)) });
  }
}

function shown(value: unknown): unknown {
  return typeof value === 'string' ? visibleText(value) : value;
}
