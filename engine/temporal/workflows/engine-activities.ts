import { proxyLocalActivities } from '@temporalio/workflow';
import type { EngineActivities } from '../protocol.ts';

/** Carried out in the worker's own process. They are tried again for as long as it takes: storage comes back. */
export const engineActivities: EngineActivities = proxyLocalActivities<EngineActivities>({
  scheduleToCloseTimeout: '365 days',
  startToCloseTimeout: '1 minute',
  localRetryThreshold: '10 seconds',
  retry: {
    initialInterval: '50 ms',
    backoffCoefficient: 2,
    // Each of the later tries is in the history, which has to last for days without storage.
    maximumInterval: '2 minutes',
    nonRetryableErrorTypes: ['WaterflowError'],
  },
});
