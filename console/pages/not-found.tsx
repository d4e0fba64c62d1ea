import type { VNode } from 'preact';
import { linkTo } from '../state/route-text.ts';
import { words } from '../text/index.ts';

/** An address that leads nowhere. */
export function NotFound(): VNode {
  const text = words.value.common;
  return (
    <section class="empty">
      <h1>{text.notFound}</h1>
      <p>{text.notFoundRemedy}</p>
      <p>
        <a href={linkTo(['runs'])}>{text.toRuns}</a>
      </p>
    </section>
  );
}
