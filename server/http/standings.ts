import { createHash } from 'node:crypto';
import type { Access } from './access.ts';
import type { Exchange } from './exchange.ts';
import { type HttpProblem, toProblem } from './problem.ts';

/** Looks whether those who have a stream open may still have it. */
export interface Standings {
  /** Calls back once, within a second or so, where the key or token with which the request was let in is over. */
  watch(exchange: Exchange, over: (why: HttpProblem) => void): Disposable;
}

/** The time between two looks: so long a stream may outlive its key. */
const lookMs = 1_000;

/** All streams of one key or token, which are looked after together. */
interface Group {
  readonly watchers: Set<(why: HttpProblem) => void>;
  stop: () => void;
}

/** Authenticates anew, once a second for each key or token that has streams open. */
export function createStandings({ authenticate }: Pick<Access, 'authenticate'>): Standings {
  const groups = new Map<string, Group>();
  const look = async (name: string, group: Group, exchange: Exchange): Promise<void> => {
    const why = await refusal(authenticate, exchange);
    if (groups.get(name) !== group) return;
    if (why === undefined) lookLater(name, group, exchange);
    else {
      groups.delete(name);
      for (const over of group.watchers) over(why);
    }
  };
  const lookLater = (name: string, group: Group, exchange: Exchange): void => {
    group.stop = exchange.clock.after(lookMs, () => void look(name, group, exchange));
  };
  return {
    watch(exchange, over) {
      const name = nameOf(exchange);
      const group = groups.get(name) ?? { watchers: new Set(), stop: () => {} };
      if (!groups.has(name)) {
        groups.set(name, group);
        lookLater(name, group, exchange);
      }
      group.watchers.add(over);
      return {
        [Symbol.dispose]: () => {
          group.watchers.delete(over);
          if (group.watchers.size > 0 || groups.get(name) !== group) return;
          group.stop();
          groups.delete(name);
        },
      };
    },
  };
}

/** Why somebody isn't let in any more. That it can't be found out now, as while a database is away, ends nothing. */
async function refusal(
  authenticate: Access['authenticate'],
  { request, remote }: Exchange,
): Promise<HttpProblem | undefined> {
  try {
    await authenticate(request.headersDistinct, remote);
    return undefined;
  } catch (thrown) {
    const problem = toProblem(thrown);
    return problem.status === 401 || problem.status === 403 ? problem : undefined;
  }
}

/** Of what was sent to prove who asks, a digest, so that no key is kept by its name. */
function nameOf({ request: { headersDistinct }, remote, principal }: Exchange): string {
  const sent = [principal?.by, headersDistinct['authorization'], headersDistinct['x-api-key']];
  // Without a key it is the address that lets in.
  const place = principal?.by === 'loopback' ? remote : '';
  return createHash('sha256')
    .update(JSON.stringify([...sent, place]))
    .digest('base64');
}
