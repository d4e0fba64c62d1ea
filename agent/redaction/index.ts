export { mayHide } from './visible.ts';
export { checkSecrets, createRedactor, type RedactionStream, type Redactor } from './redactor.ts';
