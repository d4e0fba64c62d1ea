export { openShippedCalls } from './open.ts';
export type { CallChain, ChainEntry, PlacedEntry, ShippedCalls } from './port.ts';
