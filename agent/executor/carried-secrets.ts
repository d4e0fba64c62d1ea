import {
  type Carried,
  carriesNothing,
  isJsonList,
  isJsonObject,
  type JsonObject,
  type WaterflowError,
} from '../../schemas/index.ts';
import { createRedactor } from '../redaction/index.ts';
import { type OutputSecrets, withoutSecrets } from './output-secrets.ts';

/** What a step leaves without secrets. `masked` names what is not as it was set: a variable with a mask in it, or one that is left out. */
export interface CleanCarried {
  readonly carried?: Carried;
  readonly masked: readonly string[];
}

/**
 * What a step leaves for later steps, as its outputs are: what a program of it was given is masked, and any other secret is an error. A name or a
 * folder with a secret in it is left out, since a mask would make another of it. So are placeholders masked, which mean nothing to a later step:
 * `placeholders` gives those that a text holds.
 */
export function carriedWithoutSecrets(
  { variables, path }: Carried,
  secrets: OutputSecrets & { readonly placeholders: (text: string) => readonly string[] },
): CleanCarried | { readonly error: WaterflowError } {
  const given = { variables, path };
  const placeholders = secrets.placeholders(JSON.stringify(given));
  // An object stays an object.
  const veiled = placeholders.length === 0 ? given : (createRedactor(placeholders).json(given) as JsonObject);
  const clean = withoutSecrets(veiled, secrets, 'variables or folders for later steps hold');
  if ('error' in clean) return clean;
  if (clean.outputs === given) return { carried: given, masked: [] };
  const [left, folders] = [clean.outputs['variables'], clean.outputs['path']];
  const kept: (readonly [string, string])[] = Object.entries(isJsonObject(left) ? left : {}).flatMap(([name, value]) =>
    Object.hasOwn(variables, name) && typeof value === 'string' ? [[name, value] as const] : [],
  );
  const cleanPath = isJsonList(folders) ? path.filter((folder, index) => folders[index] === folder) : [];
  const carried: Carried = { variables: Object.fromEntries(kept), path: cleanPath };
  const changed = Object.keys(variables).filter((name) => carried.variables[name] !== variables[name]);
  const masked = [...changed, ...(cleanPath.length < path.length ? ['PATH'] : [])];
  return carriesNothing(carried) ? { masked } : { carried, masked };
}

/** A line for the log, since what is masked is of no use to a later step. */
export function maskedForLaterSteps(names: readonly string[]): string {
  return `warning: ${names.join(', ')}: a secret in what later steps get is masked; give the secret to each step that needs it by its env\n`;
}
