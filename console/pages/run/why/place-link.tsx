import type { VNode } from 'preact';
import type { PlaceInRun } from '../../../api/explanation.ts';
import type { RunDetails } from '../../../api/types.ts';
import { linkTo } from '../../../state/route-text.ts';

/** A job or a step of a run by its name and its key, which leads there. Nothing where it is the run as a whole. */
export function PlaceLink({
  run,
  place: { job, step },
}: {
  readonly run: RunDetails;
  readonly place: PlaceInRun;
}): VNode | null {
  if (job === undefined) return null;
  const of = run.jobs[job];
  const name = step === undefined ? of?.name : of?.steps[step]?.name;
  const isNamed = name !== undefined && name !== (step ?? job);
  return (
    <a class="breakable" href={linkTo(['runs', run.id], { job, step })}>
      {isNamed && <>{name} </>}
      <code>{step === undefined ? job : `${job}/${step}`}</code>
    </a>
  );
}
