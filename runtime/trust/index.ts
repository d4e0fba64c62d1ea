export type { SignatureDocument } from '../../schemas/generated/signatures.ts';
export { canonicalJson } from './canonical-json.ts';
export {
  createSigningKey,
  isEncrypted,
  privateKeyText,
  type PublicKey,
  readPublicKey,
  readSigningKey,
  type SigningKey,
} from './keys.ts';
export { readTrustPolicy, type TrustedKey, type TrustPolicy } from './policy.ts';
export { withRevokedKey } from './revoke.ts';
export { type Purpose, signJson, type SignedJson, verifyJson } from './sealed.ts';
export { readSignatures, signaturesText, signPackage } from './signatures.ts';
export {
  describeSignature,
  judgeSignatures,
  type JudgedSignature,
  type Judgement,
  type Signer,
  verifyPackage,
} from './verify.ts';
