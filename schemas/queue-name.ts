const pattern = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}$/;

/** What a queue may be called, for remedies. */
export const queueNameRule = 'Use letters, digits, -, _, ., : and /, at most 200 of them.';

/** Whether a queue can be called so, in `runs-on` and in what an agent serves. */
export function isQueueName(text: string): boolean {
  return pattern.test(text);
}
