import type { RunId } from '../../../schemas/index.ts';
import type { CallChain, ChainEntry, PlacedEntry, ShippedCalls } from '../port.ts';

export const exampleChain: CallChain = { agent: 'one', chain: 'a'.repeat(64) };

/** So many entries of a chain, from a sequence on. */
export function entriesFrom(from: number, count: number, text = 'entry'): readonly ChainEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    sequence: from + index,
    line: `{"sequence":${from + index},"is":"${text}"}`,
  }));
}

/** All that is kept of a run. */
export async function keptOf(calls: ShippedCalls, run: RunId): Promise<readonly PlacedEntry[]> {
  const all: PlacedEntry[] = [];
  for await (const entry of calls.read(run)) all.push(entry);
  return all;
}
