import type { VNode } from 'preact';
import type { Json } from '../api/types.ts';

/** Names and what they hold, as outputs and inputs have them. */
export function Values({ values }: { readonly values: Readonly<Record<string, Json>> }): VNode {
  return (
    <dl class="values">
      {Object.entries(values).map(([name, value]) => (
        <div key={name}>
          <dt class="breakable">
            <code>{name}</code>
          </dt>
          <dd class="breakable">
            <code>{jsonText(value)}</code>
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** A text as it is, anything else as JSON. */
export function jsonText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
