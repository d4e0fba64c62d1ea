import type { Query, RequestOptions, Transport } from './transport.ts';

/** A list that comes in pages: `for await` goes through all of it, and asks for a page when it is needed. */
export interface Pages<Item> extends AsyncIterable<Item> {
  /** A page at a time. */
  readonly pages: () => AsyncGenerator<Page<Item>, void, undefined>;
}

/** A part of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** What to go on with; absent on the last page. */
  readonly nextCursor: string | undefined;
}

/** A list of the API, whose items are under the key `list`. */
export function pagesOf<Item>(
  transport: Transport,
  { path, list, query = {} }: { readonly path: string; readonly list: string; readonly query?: Query },
  options?: RequestOptions,
): Pages<Item> {
  async function* pages(): AsyncGenerator<Page<Item>, void, undefined> {
    for (let cursor = query['cursor']; ; ) {
      // As the API has lists.
      const answer = (await transport.ask({ path, query: { ...query, cursor }, has: list }, options)) as Record<
        string,
        unknown
      >;
      const next = answer['next_cursor'];
      const nextCursor = typeof next === 'string' && next !== cursor ? next : undefined;
      yield { items: answer[list] as readonly Item[], nextCursor }; // The caller names what the list has.
      if (nextCursor === undefined) return;
      cursor = nextCursor;
    }
  }
  return {
    pages,
    async *[Symbol.asyncIterator]() {
      for await (const { items } of pages()) yield* items;
    },
  };
}
