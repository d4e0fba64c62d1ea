export { createQuotas, type Meter, type Quotas } from './quotas.ts';
