export { checkSecrets, createRedactor, mask, type RedactionStream, type Redactor } from './redactor.ts';
