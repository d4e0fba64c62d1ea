import { type ErrorCode, errorGuide, WaterflowFailure } from '../../schemas/index.ts';

/**
 * Why a package, a key, a signature or a name is refused, with the remedy that docs/errors.md gives for the code. `cause`: the
 * error behind it, where there is one.
 */
export function refused(code: ErrorCode, message: string, cause?: unknown): WaterflowFailure {
  return new WaterflowFailure({ code, message, remedy: errorGuide[code].remedy }, { cause });
}
