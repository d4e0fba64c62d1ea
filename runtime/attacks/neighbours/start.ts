import { assertNever } from '../../../schemas/index.ts';
import { startDockerNeighbour } from './docker.ts';
import { startMailNeighbour } from './mail.ts';
import type { Neighbour, NeighbourKind, NeighbourTokens } from './neighbour.ts';
import { startSshdNeighbour } from './sshd.ts';
import { startStranger } from './stranger.ts';

const nothing: Neighbour = {
  arena: {},
  secrets: {},
  received: () => '',
  trespasses: () => [],
  leftovers: () => [],
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

/** Puts neighbours up; all of them or none. */
export async function startNeighbours(kinds: readonly NeighbourKind[], tokens: NeighbourTokens): Promise<Neighbour> {
  await using stack = new AsyncDisposableStack();
  const all: Neighbour[] = [];
  for (const kind of kinds) all.push(stack.use(await start(kind, tokens)));
  const held = stack.move();
  return {
    // The last one of several that say the same wins; none do.
    arena: Object.assign({}, ...all.map(({ arena }) => arena)),
    secrets: Object.assign({}, ...all.map(({ secrets }) => secrets)),
    received: () => all.map((each) => each.received()).join('\n'),
    trespasses: () => all.flatMap((each) => each.trespasses()),
    leftovers: () => all.flatMap((each) => each.leftovers()),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

function start(kind: NeighbourKind, tokens: NeighbourTokens): Promise<Neighbour> {
  switch (kind) {
    case 'sshd':
      return startSshdNeighbour(tokens);
    case 'stranger':
      return startStranger(tokens);
    case 'mail':
      return startMailNeighbour();
    case 'docker':
      return startDockerNeighbour(tokens);
    case 'store':
      // What others keep lies in the store of the agent that the attack is tried with.
      return Promise.resolve(nothing);
    default:
      return assertNever(kind);
  }
}
