import type { VNode } from 'preact';

/** The labels of a run. */
export function Labels({ labels }: { readonly labels: Readonly<Record<string, string>> }): VNode {
  return (
    <>
      {Object.entries(labels).map(([key, value]) => (
        <span class="label">
          {key}:{value}
        </span>
      ))}
    </>
  );
}
