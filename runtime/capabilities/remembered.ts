/** What callers name over and over: each of a policy's hundreds of rules is asked about the same host. Longer texts are hardly names. */
const keptAnswers = 256;
const keptLength = 512;

/** A pure function of a text that remembers its last answers. */
export function remembered<Answer>(answer: (text: string) => Answer): (text: string) => Answer {
  const known = new Map<string, Answer>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined || known.has(text)) return found as Answer; // It was put there as one.
    const made = answer(text);
    if (text.length > keptLength) return made;
    // As old ones as new ones are asked for again: what callers name changes with the invocation.
    if (known.size >= keptAnswers) known.clear();
    known.set(text, made);
    return made;
  };
}
