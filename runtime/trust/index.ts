export type { SignatureDocument } from '../../schemas/generated/signatures.ts';
export { canonicalJson } from './canonical-json.ts';
export { emptyTrust, withoutTrustedKeys, withPluginsOfKey, withRevokedKey, withTrustedKey } from './edit.ts';
export {
  createSigningKey,
  isEncrypted,
  type PublicKey,
  privateKeyText,
  readPublicKey,
  readSigningKey,
  type SigningKey,
} from './keys.ts';
export { readTrustPolicy, type TrustedKey, type TrustPolicy } from './policy.ts';
export { type Purpose, type SignedJson, signJson, verifyJson } from './sealed.ts';
export { readSignatures, signaturesText, signPackage } from './signatures.ts';
export {
  describeSignature,
  type JudgedSignature,
  type Judgement,
  judgeSignatures,
  type Signer,
  verifyPackage,
  verifySigners,
} from './verify.ts';
