import { didYouMean } from '../../dsl/did-you-mean.ts';
import type { SchemaProblem } from '../../runtime/documents/schema-check.ts';
import { inputFields, outputFields, outputProblems } from '../../runtime/manifest/index.ts';
import type { Case } from '../../schemas/generated/plugin-cases.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { withoutPatterns } from './patterns.ts';

/** What a case gives and expects that doesn't belong to a plugin with this manifest. Paths are from the case on. */
export function checkAgainstManifest(one: Case, manifest: PluginManifest): readonly ManifestMisfit[] {
  return [...unknownInputs(one, manifest), ...wrongOutputs(one, manifest)];
}

type ManifestMisfit = Omit<SchemaProblem, 'keyword'>;

/** Inputs that the plugin doesn't have. A case may be about just that. */
function unknownInputs({ inputs = {}, expect = {} }: Case, manifest: PluginManifest): readonly ManifestMisfit[] {
  if (expect.error?.code === 'INVALID_INPUT') return [];
  const declared = Object.keys(inputFields(manifest));
  return Object.keys(inputs)
    .filter((name) => !declared.includes(name))
    .map((name) => ({
      path: ['inputs', name],
      part: 'key',
      message: `plugin.yaml declares no input \`${name}\`, so no step can give it`,
      remedy: remedyFor(name, { declared, part: 'inputs' }),
    }));
}

function remedyFor(
  name: string,
  { declared, part }: { readonly declared: readonly string[]; readonly part: 'inputs' | 'outputs' },
): string {
  const guess = didYouMean(name, declared);
  return guess === undefined
    ? `Declare it under \`${part}\` there, or leave it out.`
    : `Did you mean \`${guess}\`? Else declare it under \`${part}\` there.`;
}

/**
 * Outputs that a case expects and that no plugin with this manifest gives: undeclared ones, and values that what is declared doesn't take. Of a step that
 * fails it may be expected that an output is missing.
 */
function wrongOutputs({ expect = {} }: Case, manifest: PluginManifest): readonly ManifestMisfit[] {
  if (expect.outputs === undefined) return [];
  const outputs = expect.outputs as JsonObject; // Read from YAML: JSON.
  const declared = Object.keys(outputFields(manifest));
  return withoutPatterns(outputProblems(manifest, outputs), outputs)
    .filter(({ keyword }) => keyword !== 'required' || expect.error === undefined)
    .map(({ path, part, message, remedy, keyword }) => {
      const at = { path: ['expect', 'outputs', ...path], part };
      const [name] = path;
      if (keyword === 'additionalProperties' && path.length === 1) {
        return {
          ...at,
          message: `plugin.yaml declares no output \`${String(name)}\`, so the plugin may not give it`,
          remedy: remedyFor(String(name), { declared, part: 'outputs' }),
        };
      }
      return { ...at, message: `by plugin.yaml's \`outputs\`, ${message}`, remedy };
    });
}
