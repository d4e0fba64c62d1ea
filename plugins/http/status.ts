/** `200`, `2xx`, or a list of these. */
export type Statuses = string | number | readonly (string | number)[];

/** Whether a status is one of those that an input names. Throws where that is neither a status nor a class. */
export function isExpected(status: number, expectation: Statuses, input = 'expect'): boolean {
  // Each is looked at: a mistake shows at once, and not with some answers only.
  return listOf(expectation)
    .map((one) => matches(status, one, input))
    .includes(true);
}

/** Throws where that names neither statuses nor classes. */
export function checkStatuses(expectation: Statuses, input = 'expect'): void {
  isExpected(0, expectation, input);
}

/** For messages: `200`, `2xx or 404`. */
export function describeExpectation(expectation: Statuses): string {
  return listOf(expectation).join(' or ');
}

function listOf(expectation: Statuses): readonly string[] {
  const list: readonly (string | number)[] = typeof expectation === 'object' ? expectation : [expectation];
  return list.map((one) => String(one).trim());
}

function matches(status: number, one: string, input: string): boolean {
  if (/^[1-5][xX]{2}$/.test(one)) {
    return Math.floor(status / 100) === Number(one[0]);
  }
  if (/^[1-5][0-9]{2}$/.test(one)) {
    return status === Number(one);
  }
  throw new Error(`${input}: ${JSON.stringify(one)} is neither a status (200) nor a class (2xx)`);
}
