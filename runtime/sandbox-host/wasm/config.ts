/** Extism's configuration of one run: a plugin's `config`, in which `${{ inputs.NAME }}` stands for what the step gave. */

/** The one expression that a configuration may hold: the whole language isn't known in here. */
const inputReference = /\$\{\{\s*inputs\.([A-Za-z_][A-Za-z0-9_-]*)\s*\}\}/g;

/** The names of the inputs that a configured value speaks of, and whether it holds any other expression. */
export function referencesIn(value: string): { readonly inputs: readonly string[]; readonly hasOther: boolean } {
  return {
    inputs: [...value.matchAll(inputReference)].flatMap(([, name]) => name ?? []),
    hasOther: value.replaceAll(inputReference, '').includes('${{'),
  };
}

/**
 * The configuration with a step's inputs in it: a text stands for itself, another value for its JSON. A setting that speaks of an input
 * which wasn't given is not there.
 */
export function configOf(
  config: Readonly<Record<string, string>>,
  inputs: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, string> {
  const isGiven = (input: string): boolean => Object.hasOwn(inputs, input);
  return new Map(
    Object.entries(config)
      .filter(([, value]) => referencesIn(value).inputs.every(isGiven))
      .map(([name, value]) => [name, value.replaceAll(inputReference, (_, input: string) => textOf(inputs[input]))]),
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
