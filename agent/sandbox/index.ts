export { findExecSandbox, type MachinePowers, thisMachine } from './exec-sandbox.ts';
