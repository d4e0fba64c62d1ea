import { WaterflowFailure } from '../../schemas/index.ts';

/** Another row has the id already. */
export function alreadyThere(doing: string, cause: unknown): WaterflowFailure {
  return new WaterflowFailure(
    {
      code: 'CONFLICT',
      message: `could not ${doing}: there is one with this id or name already`,
      remedy: 'Use another one; an id or a name is given once.',
    },
    { cause },
  );
}

/** Another one of the tenant has the name. */
export function nameTaken(taken: {
  readonly kind: string;
  readonly name: string;
  readonly id?: string;
}): WaterflowFailure {
  const { kind, name, id } = taken;
  const which = id === undefined ? '' : `: ${id}`;
  return new WaterflowFailure({
    code: 'CONFLICT',
    message: `there is a ${kind} of the name ${JSON.stringify(name)} already${which}`,
    remedy:
      kind === 'key' ? 'Choose another name, or rotate that key.' : `Choose another name, or change that ${kind}.`,
  });
}

/** A row refers to one that isn't there, or is about to. */
export function notKept(doing: string, cause: unknown): WaterflowFailure {
  return new WaterflowFailure(
    {
      code: 'NOT_FOUND',
      message: `could not ${doing}: the plan or the webhook that it belongs to is not kept, or not any more`,
      remedy: 'Send the workflow again, so that its plan is kept; or create the webhook again.',
    },
    { cause },
  );
}

/** The handle has been closed. */
export function closedFailure(doing: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'STORAGE_FAILED',
    message: `could not ${doing}: the records are closed`,
    remedy: 'The server is shutting down: ask again once it is up.',
  });
}
