/** Where a needle ends, and how long it is. `end` counts UTF-16 code units from the first one that was fed. */
export interface Match {
  readonly start: number;
  readonly end: number;
}

/**
 * Looks for many needles at once, in time linear in the text and over any cutting of it (Aho and Corasick, 1975). One
 * automaton serves many scans: a scan's state is a number.
 */
export interface Automaton {
  /** The state before any text. */
  readonly initial: number;
  /**
   * Goes on from `state` with `text`, whose first code unit has position `offset`; reports the longest needle that ends at each
   * place and returns the state after it.
   */
  scan(
    position: { readonly state: number; readonly offset: number },
    text: string,
    found: (match: Match) => void,
  ): number;
  /** How many of the last code units may be the beginning of a needle. */
  pending(state: number): number;
}

/** Code units are below this, so that (node, code unit) is one number. */
const codeUnits = 0x10000;

/** Builds an automaton. Empty needles are left out. */
export function createAutomaton(needles: Iterable<string>): Automaton {
  const edges = new Map<number, number>();
  const depth: number[] = [0];
  /** Length of the longest needle that ends here; 0 for none. */
  const longest: number[] = [0];
  for (const needle of needles) {
    let node = 0;
    for (let index = 0; index < needle.length; index += 1) {
      const edge = node * codeUnits + needle.charCodeAt(index);
      let next = edges.get(edge);
      if (next === undefined) {
        next = depth.length;
        edges.set(edge, next);
        depth.push(index + 1);
        longest.push(0);
      }
      node = next;
    }
    longest[node] = needle.length;
  }
  const fallback = linkSuffixes(edges, depth, longest);
  const step = (from: number, code: number): number => {
    let node = from;
    for (;;) {
      const next = edges.get(node * codeUnits + code);
      if (next !== undefined) {
        return next;
      }
      if (node === 0) {
        return 0;
      }
      node = fallback[node] ?? 0;
    }
  };
  return {
    initial: 0,
    scan: ({ state, offset }, text, found) => {
      let node = state;
      for (let index = 0; index < text.length; index += 1) {
        node = step(node, text.charCodeAt(index));
        const length = longest[node] ?? 0;
        if (length > 0) {
          const end = offset + index + 1;
          found({ start: end - length, end });
        }
      }
      return node;
    },
    pending: (state) => depth[state] ?? 0,
  };
}

/** Each node's longest proper suffix that is a node too; its needle counts for the node where the node has none itself. */
function linkSuffixes(edges: ReadonlyMap<number, number>, depth: readonly number[], longest: number[]): number[] {
  const fallback = depth.map(() => 0);
  // A node's suffix is less deep than itself, so the nodes are linked in the order of their depth.
  const byDepth = [...edges].sort(([, one], [, other]) => (depth[one] ?? 0) - (depth[other] ?? 0));
  for (const [edge, node] of byDepth) {
    const parent = Math.floor(edge / codeUnits);
    const code = edge % codeUnits;
    let candidate = parent;
    while (candidate !== 0) {
      candidate = fallback[candidate] ?? 0;
      const next = edges.get(candidate * codeUnits + code);
      if (next !== undefined) {
        fallback[node] = next;
        break;
      }
    }
    const inherited = longest[fallback[node] ?? 0] ?? 0;
    longest[node] = Math.max(longest[node] ?? 0, inherited);
  }
  return fallback;
}
