import type { Signal } from '@preact/signals';
import type { RefObject, VNode } from 'preact';
import { words } from '../../../text/index.ts';
import type { GraphLayout } from './layout.ts';

const [least, most, step] = [0.05, 2, 1.25];

/** Makes a graph smaller and larger, and its box higher. */
export function Zoom({
  box,
  whole: { width, height },
  scale,
  isHigh,
}: {
  readonly box: RefObject<HTMLElement | null>;
  readonly whole: Pick<GraphLayout, 'width' | 'height'>;
  /** 1: as it is laid out. */
  readonly scale: Signal<number>;
  readonly isHigh: Signal<boolean>;
}): VNode {
  const text = words.value.graph;
  const zoom = (to: number): void => {
    scale.value = Math.min(Math.max(to, least), most);
  };
  const fit = (): void => {
    if (box.current !== null) zoom(Math.min(1, box.current.clientWidth / width, box.current.clientHeight / height));
  };
  return (
    <div class="zoom">
      <button type="button" aria-label={text.smaller} title={text.smaller} onClick={() => zoom(scale.value / step)}>
        −
      </button>
      <button type="button" aria-label={text.larger} title={text.larger} onClick={() => zoom(scale.value * step)}>
        +
      </button>
      <button type="button" onClick={fit}>
        {text.fit}
      </button>
      <button type="button" onClick={() => zoom(1)}>
        {text.actual}
      </button>
      <button type="button" aria-pressed={isHigh.value} onClick={() => (isHigh.value = !isHigh.value)}>
        {text.high}
      </button>
    </div>
  );
}
