/** A request's place in a trace: W3C Trace Context, https://www.w3.org/TR/trace-context/. */
export interface TraceParent {
  /** 32 lower-case hex digits, not all zero. */
  readonly trace: string;
  /** Of the span that asks: 16 lower-case hex digits, not all zero. */
  readonly parent: string;
  readonly sampled: boolean;
}

/** Version, trace, parent and flags, and for later versions whatever else there is behind a dash. */
const form = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/u;
/** Later versions may be longer; nothing sensible is as long as this. */
const longest = 512;

/**
 * Reads a `traceparent` header; undefined where it isn't valid, and then there is none, as the specification says (2.2.2.1). Of a version
 * that is not known yet, the fields of version 00 count.
 */
export function parseTraceParent(text: string | undefined): TraceParent | undefined {
  if (text === undefined || text.length > longest) return undefined;
  const [, version, trace = '', parent = '', flags = '', rest] = form.exec(text) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (/^0+$/u.test(trace) || /^0+$/u.test(parent)) return undefined;
  return { trace, parent, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** Version 00, which every reader of a later one knows, too. */
export function formatTraceParent({ trace, parent, sampled }: TraceParent): string {
  return `00-${trace}-${parent}-${sampled ? '01' : '00'}`;
}

/** Unguessable bytes. */
type RandomBytes = (length: number) => Uint8Array;

/** A span within a trace, or the first one of a trace of its own. */
export function childTraceParent(of: TraceParent | undefined, randomBytes: RandomBytes): TraceParent {
  const parent = randomHex(8, randomBytes);
  return of === undefined ? { trace: randomHex(16, randomBytes), parent, sampled: true } : { ...of, parent };
}

function randomHex(bytes: number, randomBytes: RandomBytes): string {
  for (;;) {
    const text = Buffer.from(randomBytes(bytes)).toString('hex');
    if (!/^0+$/u.test(text)) return text;
  }
}
