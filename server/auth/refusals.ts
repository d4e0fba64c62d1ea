import { WaterflowFailure } from '../../schemas/index.ts';

const defaultRemedy = 'Send `Authorization: Bearer` with a valid API key or token, or the key as `X-API-Key`.';

/** Nobody is proved to ask: 401. What was sent is never part of the message. */
export function unauthenticated(
  message: string,
  remedy: string = defaultRemedy,
  options?: ErrorOptions,
): WaterflowFailure {
  return new WaterflowFailure({ code: 'UNAUTHENTICATED', message, remedy }, options);
}

/** Somebody asks who may not: 403. */
export function forbidden(message: string, remedy: string): WaterflowFailure {
  return new WaterflowFailure({ code: 'FORBIDDEN', message, remedy });
}
