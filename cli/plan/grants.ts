import type { ExplainedCapability } from '../../runtime/grants/index.ts';
import type { StepGrant } from '../composition/explain-step.ts';
import type { GrantOutline, StepOutline } from './api.ts';

/** What a plugin step may do, in short. */
export function grantFields({
  unknown,
  result,
}: StepGrant): Pick<StepOutline, 'plugin' | 'grants' | 'open_inputs' | 'error'> {
  if (!('capabilities' in result)) return { error: result };
  return {
    plugin: result.plugin,
    grants: result.capabilities.flatMap(grantOutline),
    ...(unknown.length === 0 ? {} : { open_inputs: unknown }),
  };
}

function grantOutline({
  capability,
  verdict,
  requested,
  layers,
  narrowed_by,
  denied,
}: ExplainedCapability): readonly GrantOutline[] {
  // What only a policy or a workflow speaks of is nothing that the plugin could do.
  if (verdict === 'not requested') return [];
  const narrowing = layers.filter(({ layer }) => layer !== 'manifest' && narrowed_by.includes(layer));
  return [
    {
      capability,
      verdict,
      requests: requested.map(({ allows }) => allows),
      narrowed_by: narrowing.map(({ layer, place, rules }) => ({
        layer,
        place,
        allows: rules.map(({ allows }) => allows),
      })),
      forbids: denied.map(({ allows }) => allows),
    },
  ];
}
