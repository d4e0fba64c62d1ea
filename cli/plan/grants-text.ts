import type { GrantOutline, JobOutline, StepOutline } from './api.ts';
import { stepsIn } from './walk.ts';
import { listed } from './words.ts';

/** What plugins may do, for people: steps that may do the same are together. */
export function grantLines(jobs: readonly JobOutline[]): readonly string[] {
  const groups = new Map<string, { readonly step: StepOutline; readonly places: string[] }>();
  for (const { place, step } of stepsIn(jobs)) {
    if (step.plugin === undefined) continue;
    const key = JSON.stringify([step.uses, step.plugin.digest, step.grants, step.open_inputs]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { step, places: [place] });
    else group.places.push(place);
  }
  return [...groups.values()].flatMap(({ step, places }) => [
    `${step.uses} in ${listed(places)}`,
    ...[...linesOf(step), ...approvalHint(step)].map((line) => `  ${line}`),
  ]);
}

/** A plugin beside the workflow that nobody has approved, and that the policy gives nothing. */
function approvalHint({ uses, plugin, grants = [] }: StepOutline): readonly string[] {
  const refused = grants.some(
    ({ verdict, narrowed_by }) => verdict === 'refused' && narrowed_by.some(({ layer }) => layer === 'policy'),
  );
  if (plugin?.origin !== 'local' || !refused) return [];
  return [`the policy may give it more once it is approved: --approve ${uses}`];
}

function linesOf({ grants = [], open_inputs = [] }: StepOutline): readonly string[] {
  const open =
    open_inputs.length === 0 ? [] : [`what depends on ${listed(open_inputs)} is known only when the step runs`];
  if (grants.length === 0 && open.length === 0) return ['requests nothing'];
  return [...grants.flatMap(capabilityLines), ...open];
}

function capabilityLines({ capability, verdict, requests, narrowed_by, forbids }: GrantOutline): readonly string[] {
  return [
    `${capability}: ${verdictWords({ verdict, narrowed_by, forbids })}`,
    ...requests.map((rule) => `  requests to ${rule}`),
    ...narrowed_by.flatMap(({ layer, place, allows }) =>
      allows.length === 0
        ? [`  ${layer} (${place}) allows nothing`]
        : allows.map((rule) => `  ${layer} (${place}) allows to ${rule}`),
    ),
    ...forbids.map((rule) => `  policy forbids to ${rule}`),
  ];
}

/** `refused by policy`. */
export function verdictWords({
  verdict,
  narrowed_by,
  forbids,
}: Pick<GrantOutline, 'verdict' | 'narrowed_by' | 'forbids'>): string {
  const layers = [...new Set([...narrowed_by.map(({ layer }) => layer), ...(forbids.length > 0 ? ['policy'] : [])])];
  return layers.length === 0 ? verdict : `${verdict} by ${layers.join(', ')}`;
}
