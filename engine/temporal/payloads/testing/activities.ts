import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';

/** What the test's workflows have done. */
export interface Activities {
  carry(text: string): Promise<string>;
  fail(text: string): Promise<never>;
}

export const activities: Activities = {
  async carry(text) {
    // Local ones have no heartbeats.
    const { heartbeat, info } = Context.current();
    if (!info.isLocal) heartbeat(text);
    return text;
  },
  async fail(text) {
    Context.current().heartbeat(text);
    throw ApplicationFailure.nonRetryable(text, 'Told', text, new Error(text));
  },
};
