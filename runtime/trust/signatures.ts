import { hash } from 'node:crypto';
import type { PackageStatement, SignatureDocument } from '../../schemas/generated/signatures.ts';
import type { Json } from '../../schemas/index.ts';
import signaturesSchema from '../../schemas/signatures.schema.json' with { type: 'json' };
import { firstMisfit } from '../documents/schema-check.ts';
import type { OpenedPackage } from '../packages/open.ts';
import { refused } from '../packages/refused.ts';
import type { PublicKey, SigningKey } from './keys.ts';
import { type Purpose, signJson, verifyJson } from './sealed.ts';

const purpose: Purpose = 'waterflow/package/1';

/** A file of signatures is not longer: many times what as many signers as a threshold can want would take. */
export const maxSignaturesBytes: number = 64 * 1024;

/** What of a package is signed. */
export type Signable = Pick<OpenedPackage, 'manifest' | 'manifestText' | 'digest'>;

/** What a signer of a package signs: exactly these bytes, which request exactly this, under this name. */
export function statementOf({ manifest, manifestText, digest }: Signable): PackageStatement {
  return {
    format: 'waterflow-package-statement/1',
    name: manifest.name,
    version: manifest.version,
    digest,
    manifest_sha256: hash('sha256', manifestText),
  };
}

/**
 * The signatures of a package with one more, or with this key's in the place of its earlier one. Throws SIGNATURE_MISMATCH or
 * PACKAGE_MANIFEST_CHANGED where the earlier ones are for another package.
 */
export function signPackage(
  opened: Signable,
  key: SigningKey,
  earlier: SignatureDocument | undefined,
): SignatureDocument {
  if (earlier !== undefined) requireSameStatement(opened, earlier);
  const statement = statementOf(opened);
  const others = (earlier?.signatures ?? []).filter((signature) => signature.key !== key.publicKey.id);
  const own = { key: key.publicKey.id, signature: signJson(purpose, asJson(statement), key) };
  const signatures = [...others, own].sort((left, right) => (left.key < right.key ? -1 : 1));
  return { format: 'waterflow-signatures/1', statement, signatures };
}

/** Whether this key made the signature over the statement of this package. */
export function isSignatureOf(opened: Signable, signature: string, key: PublicKey): boolean {
  return verifyJson({ purpose, value: asJson(statementOf(opened)), signature }, key);
}

/** Throws SIGNATURE_MISMATCH or PACKAGE_MANIFEST_CHANGED where the signatures are for another package than this one. */
export function requireSameStatement(opened: Signable, { statement }: SignatureDocument): void {
  const own = statementOf(opened);
  const named = `${statement.name} ${statement.version}`;
  if (statement.name !== own.name || statement.version !== own.version) {
    throw refused(
      'SIGNATURE_MISMATCH',
      `the signatures are for ${named}, and the package is ${own.name} ${own.version}`,
    );
  }
  if (statement.manifest_sha256 !== own.manifest_sha256) {
    throw refused('PACKAGE_MANIFEST_CHANGED', `the plugin.yaml of ${named} is not the one that was signed`);
  }
  if (statement.digest !== own.digest) {
    throw refused(
      'SIGNATURE_MISMATCH',
      `the signatures of ${named} are for ${statement.digest}, and the package is ${own.digest}`,
    );
  }
}

/** Reads a .sig file. Throws SIGNATURE_INVALID. */
export function readSignatures(text: string): SignatureDocument {
  if (text.length > maxSignaturesBytes) {
    throw refused('SIGNATURE_INVALID', `the signatures are longer than ${maxSignaturesBytes} characters`);
  }
  const value = parsed(text);
  const misfit = firstMisfit(signaturesSchema, value);
  if (misfit !== undefined) throw refused('SIGNATURE_INVALID', `the file of signatures: ${misfit.message}`);
  // It fits the schema, from which the type is made.
  const document = value as SignatureDocument;
  if (new Set(document.signatures.map(({ key }) => key)).size !== document.signatures.length) {
    throw refused('SIGNATURE_INVALID', 'the file holds two signatures of one key');
  }
  return document;
}

/** What a .sig file holds. */
export function signaturesText(document: SignatureDocument): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refused('SIGNATURE_INVALID', 'the file of signatures is not JSON', cause);
  }
}

function asJson(statement: PackageStatement): Json {
  return { ...statement };
}
