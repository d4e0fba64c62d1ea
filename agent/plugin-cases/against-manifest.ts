import { didYouMean } from '../../dsl/did-you-mean.ts';
import type { SchemaProblem } from '../../runtime/documents/schema-check.ts';
import { outputFields, outputProblems } from '../../runtime/manifest/index.ts';
import type { Case } from '../../schemas/generated/plugin-cases.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { withoutPatterns } from './patterns.ts';

/**
 * Outputs that a case expects and that no plugin with this manifest gives: undeclared ones, and values that what is declared doesn't take. Paths are
 * from the case on. Of a step that fails it may be expected that an output is missing.
 */
export function checkAgainstManifest(
  { expect = {} }: Case,
  manifest: PluginManifest,
): readonly Omit<SchemaProblem, 'keyword'>[] {
  if (expect.outputs === undefined) return [];
  const outputs = expect.outputs as JsonObject; // Read from YAML: JSON.
  const declared = Object.keys(outputFields(manifest));
  return withoutPatterns(outputProblems(manifest, outputs), outputs)
    .filter(({ keyword }) => keyword !== 'required' || expect.error === undefined)
    .map(({ path, part, message, remedy, keyword }) => {
      const at = { path: ['expect', 'outputs', ...path], part };
      const [name] = path;
      if (keyword === 'additionalProperties' && path.length === 1) {
        const guess = didYouMean(String(name), declared);
        const isGuess = guess === undefined ? '' : `Did you mean \`${guess}\`? Else declare`;
        return {
          ...at,
          message: `plugin.yaml declares no output \`${String(name)}\`, so the plugin may not give it`,
          remedy:
            guess === undefined
              ? 'Declare it under `outputs` there, or leave it out.'
              : `${isGuess} it under \`outputs\` there.`,
        };
      }
      return { ...at, message: `by plugin.yaml's \`outputs\`, ${message}`, remedy };
    });
}
