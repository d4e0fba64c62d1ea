export type { ProvidedSecret, ProvidedSecrets, SecretEvent, SecretPowers } from './api.ts';
export { openSecretBroker, type SecretBroker } from './broker.ts';
export { readSecretsDocument, type SecretsDocument } from './document.ts';
