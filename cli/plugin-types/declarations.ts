import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import { grantableNames, type Json } from '../../schemas/index.ts';
import { fieldLines, type TypedField } from './schema-type.ts';

type Fields = NonNullable<PluginManifest['inputs']>;

/** What a plugin's `waterflow/plugin` is to a compiler, from its manifest; it stands beside host.d.ts. */
export function declarationsOf(manifest: PluginManifest): string {
  const { inputs = {}, outputs = {} } = manifest;
  const returnsNothing = Object.values(outputs).every(({ required }) => required !== true);
  const nothing = returnsNothing ? ' | undefined | void' : '';
  return `// Made of plugin.yaml by \`waterflow plugin types\`: changes here are lost, those there are seen when it runs again.

import type { HostAlways, HostCapabilities, Json } from './host.js';

export * from './host.js';

/** What a step gives, once it was checked and defaults were filled in. */
export interface Inputs {
${fieldLines(typedFields(inputs), 'given', '  ').join('\n')}
}

/** What the plugin returns: any other output fails the step. */
export interface Outputs {
${outputLines(manifest, typedFields(outputs)).join('\n')}
}

/** What this plugin has of its host: what every plugin has, and what the \`permissions\` of plugin.yaml request. */
export interface HostThatPluginYamlRequests extends ${hostParts(manifest).join(', ')} {}
export type { HostThatPluginYamlRequests as Host };

/** What the plugin is: from its inputs to its outputs. */
export type Plugin = (
  inputs: Inputs,
  host: HostThatPluginYamlRequests,
) => Promise<Outputs${nothing}> | Outputs${nothing};

/** Declares the plugin: \`export default definePlugin(async (inputs, host): Promise<Outputs> => ({ ... }))\`. */
export declare function definePlugin(run: Plugin): Plugin;

/**
 * An error that says more than its message: the step fails, its outputs can still be read by steps that run after a failure, and \`remedy\`
 * tells the user what to do.
 */
export declare function stepFailure(
  message: string,
  details: { readonly outputs?: Partial<Outputs>; readonly remedy?: string },
): Error;
`.replaceAll('{\n\n}', '{}');
}

function typedFields(fields: Fields): readonly TypedField[] {
  // Read from YAML: JSON. The manifest's own `required` stands beside the schema.
  return Object.entries(fields).map(([name, field]) => ({
    name,
    schema: field as Json,
    isRequired: field.required === true,
  }));
}

/** With no field an interface would take everything. */
function outputLines(manifest: PluginManifest, fields: readonly TypedField[]): readonly string[] {
  const isOpen = manifest['dynamic-outputs'] === true;
  const others = isOpen ? ['  readonly [name: string]: unknown;'] : [];
  const none = !isOpen && fields.length === 0 ? ['  readonly [name: string]: never;'] : [];
  return [...fieldLines(fields, 'returned', '  '), ...others, ...none];
}

function hostParts({ permissions = {} }: PluginManifest): readonly string[] {
  const requested = grantableNames.filter((name) => Object.hasOwn(permissions, name));
  const names = requested.map((name) => `'${name}'`).join(' | ');
  return ['HostAlways', ...(requested.length === 0 ? [] : [`Pick<HostCapabilities, ${names}>`])];
}
