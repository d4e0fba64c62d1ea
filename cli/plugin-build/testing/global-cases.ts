/**
 * What a plugin does with the globals of the web. A test runs each of these in Node, whose own globals say what is right, in an isolate
 * and in a module.
 */

/** The name and message's presence of what an action throws. */
function thrownBy(action: () => unknown): string {
  try {
    action();
    return 'nothing';
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const hex = (buffer: ArrayBuffer): string =>
  [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** By name; each gives JSON. */
export const globalCases: Readonly<Record<string, () => unknown>> = {
  'encodes text': () => [...new TextEncoder().encode('aä€😀\u{d800}')],
  'decodes text': () => [
    new TextDecoder().decode(bytes(0x61, 0xc3, 0xa4, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80)),
    new TextDecoder().decode(bytes(0xef, 0xbb, 0xbf, 0x61, 0xff)),
    new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes(0xef, 0xbb, 0xbf, 0x61)).length,
    thrownBy(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes(0xff))),
    thrownBy(() => new TextDecoder('no-such-encoding')),
  ],
  'decodes text in parts': () => {
    const decoder = new TextDecoder();
    return decoder.decode(bytes(0xe2, 0x82), { stream: true }) + decoder.decode(bytes(0xac));
  },
  'decodes other encodings': () => [
    new TextDecoder('utf-16le').decode(bytes(0x61, 0, 0xac, 0x20)),
    new TextDecoder('latin1').decode(bytes(0xe4, 0x80)),
    new TextDecoder('latin1').encoding,
  ],
  'reads URLs': () => {
    const url = new URL('../b%20c?x=1&x=2#top', 'https://User:pass@EXAMPLE.com:8443/a/./d/e');
    const { href, origin, protocol, username, password, host, hostname, port, pathname, search, hash } = url;
    const all = { href, origin, protocol, username, password, host, hostname, port, pathname, search, hash };
    return { ...all, x: url.searchParams.getAll('x'), text: String(url), json: JSON.stringify({ url }) };
  },
  'changes URLs': () => {
    const url = new URL('http://example.com/');
    url.protocol = 'https';
    url.port = '443';
    url.pathname = '/ä b';
    url.searchParams.append('q', 'a b&c');
    url.hash = 'x';
    return url.href;
  },
  'reads hosts as they are meant': () =>
    [
      'http://Bücher.example/',
      'http://0x7f.1/',
      'http://[::1]:80/',
      'file:///C|/x',
      'data:,a b',
      'http://日本語.jp',
    ].map((text) => new URL(text).href),
  'refuses what is no URL': () => [
    thrownBy(() => new URL('no url')),
    thrownBy(() => new URL('http://exa mple.com')),
    URL.canParse('https://a'),
    URL.canParse('a'),
  ],
  'has parameters': () => {
    const parameters = new URLSearchParams({ b: '2', a: '1 +' });
    parameters.append('b', 'ä');
    parameters.sort();
    parameters.delete('none');
    const fromPairs = new URLSearchParams([['k', 'v']]);
    return [
      String(parameters),
      [...parameters],
      parameters.has('a'),
      parameters.get('c'),
      String(fromPairs),
      parameters.size,
    ];
  },
  'has base64': () => [
    btoa('hello'),
    btoa('\u00ff\u0000'),
    atob('aGVsbG8='),
    atob(' aGVs\nbG8 '),
    thrownBy(() => btoa('€')),
    thrownBy(() => atob('a')),
  ],
  'clones values': () => {
    const shared = { deep: [1, { two: new Date(0) }] };
    const map = new Map([['k', shared]]);
    const given = {
      shared,
      again: shared,
      map,
      set: new Set([1]),
      bytes: bytes(1, 2),
      re: /x/gi,
      big: 1n,
      none: undefined,
    };
    const cloned = structuredClone(given);
    return [
      cloned !== given && cloned.shared === cloned.again,
      cloned.map.get('k') === cloned.shared,
      [...cloned.set],
      [...cloned.bytes],
      String(cloned.re),
      String(cloned.big),
      'none' in cloned,
      (cloned.shared.deep[1] as { readonly two: Date }).two.getTime(),
      thrownBy(() => structuredClone(() => 1)),
      structuredClone(new RangeError('m')).message,
    ];
  },
  'clones circles': () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const cloned = structuredClone(circle);
    return cloned.self === cloned;
  },
  'clones what is shared and what is missing': () => {
    const buffer = bytes(1, 2, 3, 4).buffer;
    const [whole, part] = structuredClone([new Uint8Array(buffer), new DataView(buffer, 1, 2)] as const);
    const list: unknown[] & { note?: string } = [1, undefined];
    list[3] = 4;
    list.note = 'more';
    const copy = structuredClone(list);
    const map = new Map<unknown, unknown>();
    map.set(map, new Set([map]));
    const copied = structuredClone(map);
    return [
      whole.buffer === part.buffer,
      [part.byteOffset, part.byteLength, part.getUint8(0)],
      [copy.length, 2 in copy, copy.note],
      [...copied.keys()][0] === copied,
      Object.keys(structuredClone(JSON.parse('{"__proto__": 1, "a": 2}') as object)),
      structuredClone(Object('text') as object).valueOf(),
      structuredClone(new Error('m', { cause: { deep: [1] } })).cause,
    ];
  },
  'refuses to clone': () =>
    [new WeakMap(), Promise.resolve(), { inside: () => 1 }, Symbol('s'), [].values(), globalThis].map((value) =>
      thrownBy(() => structuredClone(value)),
    ),
  'clones by moving': () => {
    const given = bytes(1, 2);
    const moved = structuredClone(given, { transfer: [given.buffer as ArrayBuffer] });
    return [given.length, [...moved]];
  },
  'clones errors of a class': () => {
    class Mine extends RangeError {
      readonly detail = 1;
      override readonly name = 'Mine';
    }
    const copy = structuredClone(new Mine('m'));
    return [copy.name, copy.message, copy instanceof Mine, copy instanceof Error, Object.keys(copy)];
  },
  'has exceptions': () => {
    const error = new DOMException('m', 'NotFoundError');
    const known = [error.name, error.code, DOMException.NOT_FOUND_ERR, error.constructor.name, String(error)];
    return [
      ...known,
      Object.prototype.toString.call(error),
      new DOMException('m', 'Mine').code,
      error instanceof Error,
    ];
  },
  'has stacks that say which error it is': () => {
    class Mine extends RangeError {
      override readonly name = 'Mine';
    }
    const errors = [new Error('one\ntwo'), new Mine('m')];
    return errors.map(({ stack }) => stack?.split(/\n +at /)[0]);
  },
  aborts: () => {
    const controller = new AbortController();
    const heard: string[] = [];
    controller.signal.addEventListener('abort', (event) => heard.push(event.type));
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- that it is there is what is tested
    controller.signal.onabort = () => heard.push('on');
    const before = controller.signal.aborted;
    controller.abort();
    controller.abort('again');
    const { signal } = controller;
    return [
      before,
      signal.aborted,
      heard.sort(),
      (signal.reason as Error).name,
      thrownBy(() => signal.throwIfAborted()),
    ];
  },
  'aborts for reasons': () => {
    const one = new AbortController();
    const either = AbortSignal.any([one.signal, new AbortController().signal]);
    one.abort('enough');
    return [either.aborted, either.reason, AbortSignal.abort('now').reason];
  },
  'makes digests': async () => {
    const data = new TextEncoder().encode('abc');
    const names = ['SHA-1', 'SHA-256', 'sha-384', 'SHA-512'];
    const digests = await Promise.all(names.map((name) => crypto.subtle.digest(name, data)));
    const ofView = await crypto.subtle.digest({ name: 'SHA-256' }, data.subarray(1));
    return [...digests, ofView].map(hex);
  },
  'refuses other digests': () =>
    crypto.subtle.digest('MD5', new Uint8Array()).then(
      () => 'none',
      (error: unknown) => (error as Error).name,
    ),
  'has random bytes': () => {
    const numbers = new Uint16Array(8);
    const given = crypto.getRandomValues(numbers);
    return [
      given === numbers,
      numbers.some((each) => each > 0),
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()),
      thrownBy(() => crypto.getRandomValues(new Float64Array(1) as unknown as Uint8Array)),
      thrownBy(() => crypto.getRandomValues(new Uint8Array(65_537))),
    ];
  },
  'has timers': async () => {
    const order: unknown[] = [];
    await new Promise<void>((resolve) => {
      setTimeout(
        (...args: readonly unknown[]) => {
          order.push(args);
          resolve();
        },
        20,
        'late',
        2,
      );
      setTimeout(() => order.push('early'), 1);
      clearTimeout(setTimeout(() => order.push('never'), 2));
      queueMicrotask(() => order.push('microtask'));
      order.push('now');
    });
    return order;
  },
  'times out': async () => {
    const signal = AbortSignal.timeout(1);
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    return [signal.aborted, (signal.reason as Error).name];
  },
  'has names': () => [
    URL.name,
    TextEncoder.name,
    AbortController.name,
    typeof globalThis.URLSearchParams,
    typeof DOMException,
  ],
};
