export { checkSecrets, createRedactor, type RedactionStream, type Redactor } from './redactor.ts';
export { mayHide } from './visible.ts';
