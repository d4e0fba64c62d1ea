import type { PluginCatalogue } from '../../runtime/manifest/index.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import type { ResolvePlugin } from './options.ts';

/**
 * Resolves over a catalogue; `./folder` is beside the workflow file, in `workflowFolder`. A plan that pinned other bytes than
 * this agent has is PLUGIN_MISSING.
 */
export function resolveFrom(
  catalogue: Pick<PluginCatalogue, 'resolve'>,
  workflowFolder: AbsolutePath | undefined,
): ResolvePlugin {
  return async ({ uses, digest }) => {
    const resolved = await catalogue.resolve(uses, workflowFolder);
    if ('error' in resolved || digest === undefined || resolved.plugin.identity.digest === digest) {
      return resolved;
    }
    return {
      error: {
        code: 'PLUGIN_MISSING',
        message: `the workflow was planned with ${uses} as ${digest}, and this agent has ${resolved.plugin.identity.digest}`,
        remedy: 'Start a new run, or give the agent the plugin that the run began with.',
      },
    };
  };
}
