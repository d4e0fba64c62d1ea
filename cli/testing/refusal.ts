import { type WaterflowError, WaterflowFailure } from '../../schemas/index.ts';

/** What an action is refused with; undefined where it is carried out. Throws what is no refusal. */
export function refusalOf(action: () => unknown): WaterflowError | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof WaterflowFailure) return error.error;
    throw error;
  }
  return undefined;
}
