type Result<Item> = { readonly taken: IteratorResult<Item, void> } | { readonly failure: unknown };

/**
 * What several streams give, in the order in which it comes, until the first of them ends or one fails. None is asked for more than is
 * taken. Who stops early has them end by a signal of their own.
 */
export async function* asTheyCome<Item>(
  streams: readonly AsyncGenerator<Item, void, undefined>[],
): AsyncGenerator<{ readonly from: number; readonly item: Item }, void, undefined> {
  let wake = (): void => {};
  const results = new Map<number, Result<Item>>();
  const ask = (from: number): void => {
    const settle = (result: Result<Item>): void => {
      results.set(from, result);
      wake();
    };
    void streams[from]?.next().then(
      (taken) => settle({ taken }),
      (failure: unknown) => settle({ failure }),
    );
  };
  for (const from of streams.keys()) ask(from);
  for (;;) {
    const [come] = results;
    if (come === undefined) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      continue;
    }
    const [from, result] = come;
    results.delete(from);
    if ('failure' in result) throw result.failure;
    if (result.taken.done !== true) {
      yield { from, item: result.taken.value };
      ask(from);
    } else if (from === 0) return;
  }
}
