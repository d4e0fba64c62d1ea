import type { ComponentChildren, VNode } from 'preact';

/** What the server says: in English, whatever language the console is read in, and so that it is read out as such. */
export function ServerText({ children }: { readonly children: ComponentChildren }): VNode {
  return <span lang="en">{children}</span>;
}
