import type { VNode } from 'preact';
import type { PlaceInRun } from '../../../api/explanation.ts';
import { linkTo } from '../../../state/route-text.ts';

/** A job or a step of a run, which leads there. Nothing where it is the run as a whole. */
export function PlaceLink({
  run,
  place: { job, step },
}: {
  readonly run: string;
  readonly place: PlaceInRun;
}): VNode | null {
  if (job === undefined) return null;
  return (
    <a class="breakable" href={linkTo(['runs', run], { job, step })}>
      <code>{step === undefined ? job : `${job}/${step}`}</code>
    </a>
  );
}
