/** What a server answers about a run, by each of its routes and in each of its forms. */
import type { Place } from './canary-places.ts';
import { askServer, type ServerProcess } from './server-process.ts';

/** The parts of OpenAPI that say which routes there are. */
interface Described {
  readonly paths: Readonly<
    Record<string, { readonly get?: { readonly responses: Record<string, { readonly content?: object }> } }>
  >;
}

/** Asks all routes of GET that a run, an agent or nothing has a part in. A run that goes on isn't followed: that would have no end. */
export async function answersAbout(run: string, server: ServerProcess): Promise<readonly Place[]> {
  const { url } = server;
  const hasEnded = 'ended_at' in (await askServer(server, `/v1/workflows/${run}`)).body;
  const document = await fetch(new URL('/openapi.json', url));
  // The server describes itself so.
  const { paths } = (await document.json()) as Described;
  const places: Place[] = [];
  for (const [path, { get }] of Object.entries(paths)) {
    if (get === undefined) continue;
    const types = Object.keys(get.responses['200']?.content ?? {});
    for (const accept of types.length === 0 ? ['*/*'] : types) {
      if (accept === 'text/event-stream' && !hasEnded) continue;
      const filled = path.replace('/v1/workflows/{id}', `/v1/workflows/${run}`);
      // Of other things that have a name there are none.
      if (filled.includes('{')) continue;
      const response = await fetch(new URL(filled, url), { headers: { accept } });
      const bytes = Buffer.from(await response.arrayBuffer());
      if (!response.ok) throw new Error(`GET ${filled} as ${accept}: ${response.status} ${bytes.toString()}`);
      places.push({ where: `GET ${path} as ${accept}`, bytes });
    }
  }
  return places;
}
