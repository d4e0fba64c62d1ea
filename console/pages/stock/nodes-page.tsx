import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { ask } from '../../api/client.ts';
import type { Json, Node } from '../../api/types.ts';
import { Listing } from '../../parts/listing.tsx';
import { Values } from '../../parts/values.tsx';
import { useLive } from '../../state/live.ts';
import { words } from '../../text/index.ts';
import { everyMs } from './every.ts';

/** What steps can use, control nodes too; or those that are plugins. */
export function NodesPage({ kind }: { readonly kind: 'nodes' | 'plugins' }): VNode {
  const text = words.value.stock;
  const search = useSignal('');
  const wanted = search.value.trim().toLowerCase();
  const live = useLive(kind, everyMs, (signal) =>
    ask<Readonly<Record<string, readonly Node[] | undefined>>>(`v1/${kind}`, { signal }),
  );
  const fits = ({ uses, description }: Node): boolean => `${uses} ${description}`.toLowerCase().includes(wanted);
  return (
    <Listing
      title={words.value.menu[kind]}
      empty={text.noNodes}
      live={live}
      items={(value) =>
        (value[kind] ?? []).filter(fits).map((node) => ({
          key: `${node.uses} ${node.version} ${node.digest}`,
          content: <Row node={node} />,
        }))
      }
    >
      <label class="box">
        {text.search}
        <input
          type="search"
          value={search.value}
          onInput={({ currentTarget }) => (search.value = currentTarget.value)}
        />
      </label>
    </Listing>
  );
}

function Row({ node }: { readonly node: Node }): VNode {
  const text = words.value.stock;
  const { uses, version, description, runtime, inputs, outputs, permissions, digest, built_in } = node;
  return (
    <>
      <p class="name breakable">
        <code>{uses}</code> <span class="muted">{version}</span>
      </p>
      <p class="breakable">{description}</p>
      <p class="muted breakable">
        {runtime}
        {built_in && <> · {text.builtIn}</>}
        {digest !== undefined && (
          <>
            {' · '}
            <code>{digest}</code>
          </>
        )}
      </p>
      <Part title={text.requests} values={permissions} />
      <Part title={text.inputs} values={inputs} />
      <Part title={text.outputs} values={outputs} />
    </>
  );
}

function Part({
  title,
  values,
}: {
  readonly title: string;
  readonly values: Readonly<Record<string, Json>>;
}): VNode | null {
  const names = Object.keys(values);
  if (names.length === 0) return null;
  return (
    <details>
      <summary>
        {title}: {names.join(', ')}
      </summary>
      <Values values={values} />
    </details>
  );
}
