import type { JsonObject } from '../../schemas/index.ts';
import type { Client, ClientRequest } from './http.ts';
import { listIn } from './output.ts';

/** Things that a server lists in pages, one page after the other as they are asked for. */
export async function* allOf(
  client: Client,
  request: ClientRequest & { readonly list: string },
): AsyncGenerator<JsonObject, void, undefined> {
  const { list, ...asked } = request;
  for (let cursor: string | undefined; ; ) {
    const page = await client.ask({ ...asked, query: { ...asked.query, cursor } });
    yield* listIn(page, list);
    const next = page['next_cursor'];
    if (typeof next !== 'string' || next === cursor) return;
    cursor = next;
  }
}
