import { didYouMean } from '../../dsl/did-you-mean.ts';

const request = 'Use `host.net.request({ url })`.';
const noPage =
  'A plugin has no page and no browser around it: it takes inputs, makes host calls and returns outputs. Text is read with string functions, or with a package that `waterflow plugin build` bundles.';
const noThread = 'A plugin is one thread: start several host calls and `await Promise.all(…)`.';
const noDisk = 'A plugin has no place on a disk: put data into a module, or read a file of the workspace.';
const esModule = 'plugins are ES modules.';
const stream =
  'Bulk data stays with the host: `response: { file }` of host.net, `body: { file }`, host.fs.copy, pack and unpack.';
const kept =
  'What outlives a step is kept by `host.store`; what later steps need is an output, or a file of the workspace.';
const noMessages = 'Nobody sends it messages: a plugin runs once, from its inputs to its outputs.';

/** What stands for things that authors know from browsers, Node and other runtimes. */
const insteadOf: ReadonlyMap<string, string> = new Map([
  ...named('fetch XMLHttpRequest Request', request),
  ...named(
    'Headers',
    'Use an object: `headers: { accept: "application/json" }` of `host.net.request`; those of an answer are one, too, with names in lower case.',
  ),
  ...named(
    'Response',
    '`await host.net.request({ url })` gives an object: `status`, `headers` and `body`, which is a text; JSON is read by `JSON.parse(body)`.',
  ),
  ...named(
    'FormData',
    'Write the body yourself: `body: new URLSearchParams({ a: "b" }).toString()`, with the header `content-type`, or `body: { parts }` for files.',
  ),
  ...named(
    'Blob File FileReader FileList',
    'Use Uint8Array, or leave the bytes in a file of the workspace: `host.fs` and `body: { file }`.',
  ),
  ...named(
    'WebSocket EventSource RTCPeerConnection WebTransport',
    'A plugin has requests only: `host.net.request({ url })`.',
  ),
  ...named('ReadableStream WritableStream TransformStream CompressionStream DecompressionStream', stream),
  ...named('TextDecoderStream TextEncoderStream', 'Use TextDecoder and TextEncoder.'),
  ...named('localStorage sessionStorage indexedDB caches cookieStore', kept),
  ...named(
    'document window parent top frames opener screen history navigator location customElements Node Element HTMLElement Image Audio DOMParser XMLSerializer MutationObserver IntersectionObserver ResizeObserver Selection Range',
    noPage,
  ),
  ...named(
    'alert confirm prompt',
    'Nobody sits there: write with `host.log(text)`, and take what you need as an input.',
  ),
  ...named('getComputedStyle matchMedia requestAnimationFrame cancelAnimationFrame requestIdleCallback', noPage),
  ...named('Worker SharedWorker ServiceWorker importScripts', noThread),
  ...named(
    'MessageChannel MessagePort BroadcastChannel postMessage onmessage addEventListener removeEventListener dispatchEvent',
    noMessages,
  ),
  ...named(
    'CustomEvent MessageEvent ProgressEvent ErrorEvent CloseEvent',
    'Use Event and EventTarget, or functions that call each other.',
  ),
  ...named(
    'reportError',
    '`throw` fails the step with the message of the error; `host.log(text)` only writes it down.',
  ),
  ...named('setTimeout', 'Use `await host.sleep(milliseconds)`.'),
  ...named('setInterval clearInterval', 'Use a loop with `await host.sleep(milliseconds)`.'),
  ...named('setImmediate clearImmediate', 'Use `await host.sleep(0)`, or a promise.'),
  ...named('Buffer', 'Use Uint8Array; `host.fs.read(path, { encoding: "base64" })` gives bytes as text.'),
  ...named('process', 'There is `host.step` for the run, inputs for settings, and `throw` to fail.'),
  ...named('Deno Bun', 'There is `host`: host.fs for files, host.net for requests, host.exec for programs.'),
  ...named('require', `Use \`import\`: ${esModule}`),
  ...named('module exports', `Use \`export default\`: ${esModule}`),
  ...named('__dirname __filename', noDisk),
  ...named('crypto', 'Use `host.random.bytes(length)`, `host.random.uuid()` and `host.fs.hash(path)`.'),
  ...named('performance', 'Use `await host.now()`.'),
  ...named('Intl', 'Only an isolate has it: format texts in the plugin itself, or say `runtime: isolate`.'),
  ...named('eval', 'Code from strings runs in no plugin.'),
  ...named('WebAssembly', 'A plugin that needs it is one: `runtime: wasm`.'),
  ...named('global self', 'Use `globalThis`.'),
  ...named(
    'host',
    "It is the second parameter of the plugin's function: `definePlugin(async (inputs, host) => …)`; hand it on to other functions.",
  ),
  ...named(
    'inputs',
    "They are the first parameter of the plugin's function: `definePlugin(async (inputs, host) => …)`; hand them on to other functions.",
  ),
  ...named('definePlugin stepFailure', "Import it: `import { definePlugin, stepFailure } from 'waterflow/plugin';`."),
  ...named(
    'describe it test expect',
    "A test is no part of what runs: keep it in tests/, in a file that the plugin doesn't import.",
  ),
]);

/** What to do about a name that nothing declares and no sandbox has; `globals` are those that it has. */
export function remedyForGlobal(name: string, globals: ReadonlySet<string>): string {
  const known = insteadOf.get(name);
  if (known !== undefined) return known;
  const guess = didYouMean(name, globals);
  const declare = 'eclare it, or import it from a file of the plugin.';
  return guess === undefined ? `D${declare}` : `Did you mean \`${guess}\`? Else d${declare}`;
}

function named(names: string, remedy: string): readonly (readonly [string, string])[] {
  return names.split(' ').map((name) => [name, remedy] as const);
}
