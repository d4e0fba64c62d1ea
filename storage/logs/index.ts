export { openShippedLogs } from './folder.ts';
export type { Shipped, ShippedLogs } from './port.ts';
