import type { RegistryRoot } from '../../schemas/generated/registry.ts';
import type { Json } from '../../schemas/index.ts';
import { checkSchema } from '../documents/schema-check.ts';
import { refused } from '../packages/refused.ts';
import { canonicalJson, type PublicKey, readPublicKey, type SigningKey, signJson, verifyJson } from '../trust/index.ts';
import { longestFile, type RoleName, type Roles, type Signed, schemaOf } from './roles.ts';

/** Signs what a role says; the bytes of its file. */
export function signRole(role: Roles[RoleName], keys: readonly SigningKey[]): Buffer {
  const signatures = keys.map((key) => ({
    key: key.publicKey.id,
    signature: signJson(`waterflow/registry-${role.role}/1`, asJson(role), key),
  }));
  return renderFile({ signed: role, signatures });
}

/**
 * Reads a file of a registry, whose form is the canonical one, so that it can't say two things. Nothing of it is verified yet. Throws
 * REGISTRY_INVALID.
 */
export function parseRole<Name extends RoleName>(bytes: Buffer, name: Name, file: string): Signed<Name> {
  const invalid = (why: string, cause?: unknown): Error => refused('REGISTRY_INVALID', `${file}: ${why}`, cause);
  if (bytes.length > longestFile[name]) throw invalid(`it is longer than ${longestFile[name]} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw invalid('it is no JSON', cause);
  }
  const [misfit] = checkSchema(schemaOf[name], value);
  if (misfit !== undefined) throw invalid(misfit.message);
  // It fits the schema, from which the type is made.
  const read = value as Signed<Name>;
  if (!renderFile(read).equals(bytes)) throw invalid('it is not in the form that `waterflow registry build` writes');
  return read;
}

/** Throws REGISTRY_FOREIGN_KEY unless the role's key in `root` has signed it. */
export function verifyRole<Name extends RoleName>(
  { signed, signatures }: Signed<Name>,
  root: RegistryRoot,
  file: string,
): void {
  const { role } = signed;
  const key = keyOf(root, role, file);
  const signature = signatures.find((each) => each.key === key.id)?.signature;
  if (signature === undefined) {
    throw refused('REGISTRY_FOREIGN_KEY', `${file} is not signed by ${key.id}, the registry's key for it`);
  }
  if (!verifyJson({ purpose: `waterflow/registry-${role}/1`, value: asJson(signed), signature }, key)) {
    throw refused('REGISTRY_FOREIGN_KEY', `${file}: the signature of ${key.id} is not one that this key makes of it`);
  }
}

/** A role's key. An id is what its key makes it: nobody has another's. */
function keyOf(root: RegistryRoot, role: RoleName, file: string): PublicKey {
  const id = root.roles[role];
  const text = Object.hasOwn(root.keys, id) ? root.keys[id] : undefined;
  try {
    const key = readPublicKey(text ?? '');
    if (key.id === id) return key;
  } catch (cause) {
    throw refused('REGISTRY_INVALID', `${file}: the root has no key ${id}`, cause);
  }
  throw refused('REGISTRY_FOREIGN_KEY', `${file}: the key that the root calls ${id} is another one`);
}

function renderFile(file: Signed<RoleName>): Buffer {
  return Buffer.from(`${canonicalJson(asJson(file))}\n`);
}

function asJson(value: object): Json {
  return value as Json; // The types are made from schemas, and say nothing that isn't JSON.
}
