export { openShippedLogs, type ShippedLogsPlace } from './open.ts';
export type { Shipped, ShippedLogs } from './port.ts';
