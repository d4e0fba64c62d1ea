import type { Operation } from '../port.ts';
import type { ExampleWorkflow } from './plans.ts';

/** Who asks. */
export const by = 'ada';

/** A step that runs until it is ended, and one that cleans up. */
export const hangs: ExampleWorkflow = {
  build: {
    steps: [
      { id: 'hangs', with: { hang: true } },
      { id: 'cleanup', if: 'always()' },
    ],
  },
};

/** A step that waits for an approval, and one after it. */
export const asks: ExampleWorkflow = {
  build: {
    steps: [
      { id: 'ok', uses: 'approval@v1' },
      { id: 'ship', with: { outputs: { done: true } } },
    ],
  },
};

/** Approves what waits under a name. */
export function approve(name: string): Operation {
  return { kind: 'signal', signal: { name, by, payload: { decision: 'approve' } } };
}
