import clone from '@ungap/structured-clone';

/** As the web has it, without `transfer`: what can't be cloned is a DataCloneError. */
export function structuredClone(value: unknown): unknown {
  try {
    return clone(value);
  } catch (error) {
    throw error instanceof TypeError ? new DOMException(error.message, 'DataCloneError') : error;
  }
}
