import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { ask } from '../../api/client.ts';
import type { AskedFor, Json, Node } from '../../api/types.ts';
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
  const { uses, version, description, runtime, inputs, outputs, permissions, digest, built_in, asks, update } = node;
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
      {update !== undefined && <Update update={update} />}
      {asks === undefined ? <Part title={text.requests} values={permissions} /> : <Asks asks={asks} />}
      <Part title={text.inputs} values={inputs} />
      <Part title={text.outputs} values={outputs} />
    </>
  );
}

/** What a plugin requests, in words, with its author's reasons. */
function Asks({ asks }: { readonly asks: readonly AskedFor[] }): VNode | null {
  if (asks.length === 0) return null;
  const about = [...new Set(asks.map((one) => one.about))].join(', ');
  return (
    <details>
      <summary>
        {words.value.stock.requests}: {about}
      </summary>
      <ul>
        {asks.map((one) => (
          <li class="breakable" key={`${one.about} ${one.what}`}>
            <Asked asked={one} />
          </li>
        ))}
      </ul>
    </details>
  );
}

/** A later version that is there, and what it would newly get. */
function Update({ update: { version, more } }: { readonly update: NonNullable<Node['update']> }): VNode {
  const text = words.value.updates;
  return (
    <section class="reason" aria-label={text.there(version)}>
      <p>
        <strong>{text.there(version)}</strong> {more.length === 0 ? text.noMore : text.more}
      </p>
      {more.length > 0 && (
        <ul>
          {more.map((one) => (
            <li class="breakable" key={`${one.about} ${one.what}`}>
              <strong>{text.kinds[one.kind] ?? one.kind}</strong> <Asked asked={one} />
              {one.was !== undefined && <span class="muted"> {text.was(one.was)}</span>}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Asked({ asked: { about, what, reason } }: { readonly asked: AskedFor }): VNode {
  return (
    <>
      <code>{about}</code> {what}
      {reason !== undefined && <span class="muted"> · {reason}</span>}
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
