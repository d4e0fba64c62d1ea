/** The id of a protection. */
export type ProtectionId =
  | 'isolate-no-code-from-strings'
  | 'isolate-removed-globals'
  | 'isolate-frozen-intrinsics'
  | 'isolate-prototype-accessors'
  | 'isolate-own-modules'
  | 'isolate-bridge-of-text'
  | 'isolate-fresh'
  | 'isolate-memory'
  | 'wasm-imports'
  | 'wasm-pages'
  | 'wasm-fresh'
  | 'wasm-checked-frames'
  | 'wasm-powerless-wasi'
  | 'deadline'
  | 'memory-watchdog'
  | 'host-call-limit'
  | 'log-limit'
  | 'output-limit'
  | 'json-guard'
  | 'frame-tags'
  | 'frame-invocations'
  | 'frame-ids'
  | 'frame-names'
  | 'frame-sizes'
  | 'frame-versions'
  | 'frame-results'
  | 'call-backpressure'
  | 'host-network'
  | 'host-files'
  | 'host-read-only'
  | 'host-processes'
  | 'host-no-programs'
  | 'host-environment'
  | 'host-sockets'
  | 'host-data'
  | 'host-descriptors'
  | 'host-user'
  | 'grant-layers'
  | 'grant-deny'
  | 'grant-known-names'
  | 'grant-arguments'
  | 'grant-quoted-inputs'
  | 'net-addresses'
  | 'net-metadata'
  | 'net-redirects'
  | 'net-redirect-headers'
  | 'net-reserved-headers'
  | 'net-header-values'
  | 'net-user-info'
  | 'net-url-patterns'
  | 'net-limits'
  | 'fs-inside'
  | 'fs-no-links'
  | 'fs-one-name'
  | 'fs-ordinary-files'
  | 'fs-quota'
  | 'exec-arguments'
  | 'exec-environment'
  | 'exec-clean-environment'
  | 'exec-programs'
  | 'exec-network'
  | 'exec-files'
  | 'exec-processes'
  | 'exec-privileges'
  | 'exec-tree'
  | 'exec-output'
  | 'exec-deadline'
  | 'secret-placeholders'
  | 'secret-grants'
  | 'secret-redaction'
  | 'secret-veil'
  | 'audit-every-call'
  | 'audit-lines'
  | 'audit-condensed'
  | 'plain-text'
  | 'plugin-ordinary-files'
  | 'plugin-sizes'
  | 'plugin-manifest'
  | 'plugin-names';

/** What holds attacks: each protection by its id, with what it does. Attacks name them, and mutations.ts takes them away. */
export const protections: Readonly<Record<ProtectionId, string>> = {
  'isolate-no-code-from-strings': 'an isolate makes no code from strings',
  'isolate-removed-globals': 'an isolate has no shared memory, no WebAssembly and no eval',
  'isolate-frozen-intrinsics': 'the built-in objects of an isolate cannot be changed',
  'isolate-prototype-accessors': 'no name that data may hold leads to a prototype',
  'isolate-own-modules': "a plugin imports its own files and the guest API, by its modules' own names",
  'isolate-bridge-of-text': 'only text passes between an isolate and its host',
  'isolate-fresh': 'each invocation gets a new isolate',
  'isolate-memory': "V8's own bound on an isolate's heap, without a JIT",
  'wasm-imports': 'a module is instantiated only where all that it imports is known',
  'wasm-pages': "a module's memory has a bound",
  'wasm-fresh': 'each invocation gets a new instance',
  'wasm-checked-frames': "a module's frames are checked before they become calls",
  'wasm-powerless-wasi': 'WASI functions that are there have no power',
  deadline: 'an invocation is killed at its deadline',
  'memory-watchdog': "a host's memory is measured from outside",
  'host-call-limit': 'the number of host calls is bounded',
  'log-limit': "the bytes of a plugin's log are bounded",
  'output-limit': 'the bytes of a result are bounded',
  'json-guard': 'what a host sends as JSON is checked for depth and hostile keys before it is used',
  'frame-tags': 'a frame with an unknown tag ends its host',
  'frame-invocations': 'a frame of another invocation ends its host',
  'frame-ids': 'the ids of calls count up by one',
  'frame-names': 'the names of calls are texts',
  'frame-sizes': 'a frame is bounded before it is buffered',
  'frame-versions': 'a frame of another version ends its host',
  'frame-results': 'a result is of a known kind, and there is one',
  'call-backpressure': 'the agent reads no further while answers are not taken',
  'host-network': 'a host has no network',
  'host-files': "a host sees none of the machine's files",
  'host-read-only': 'a host can write nothing, and no file at all',
  'host-processes': "a host sees and signals none of the machine's processes",
  'host-no-programs': 'a host starts no program',
  'host-environment': "a host gets nothing of the agent's environment",
  'host-sockets': 'a host makes no socket',
  'host-data': 'a host has a hard limit of memory',
  'host-descriptors': "a host holds none of the agent's descriptors",
  'host-user': 'a host runs as a user with no rights and no capabilities',
  'grant-layers': 'a call needs a rule in each layer',
  'grant-deny': 'a deny rule wins over every other',
  'grant-known-names': 'an unknown capability or operation is an error',
  'grant-arguments': 'the arguments of a call fit their schema',
  'grant-quoted-inputs': 'an input in a permission stands for itself, never for a pattern',
  'net-addresses': 'a request goes to no private address that is not granted as such',
  'net-metadata': 'a request goes to no address at which clouds hand out credentials',
  'net-redirects': 'a redirect is checked like a request',
  'net-redirect-headers': 'a redirect to another origin takes no granted header along',
  'net-reserved-headers': "headers of the connection are the agent's own",
  'net-header-values': 'a header value cannot end its header',
  'net-user-info': 'a URL holds no user name',
  'net-url-patterns': 'URLs are compared as they are requested',
  'net-limits': 'a response is bounded after it is decoded',
  'fs-inside': 'a path cannot leave the workspace',
  'fs-no-links': 'a symbolic link is never followed',
  'fs-one-name': 'a file with several names is never opened',
  'fs-ordinary-files': 'a device, a FIFO or a socket is never opened',
  'fs-quota': 'what an invocation writes is bounded',
  'exec-arguments': 'the arguments of a program fit their grammar',
  'exec-environment': 'no variable makes a program load or run something else',
  'exec-clean-environment': "a program gets nothing of the agent's environment",
  'exec-programs': 'no program comes from where a step can write',
  'exec-network': 'a program in profile workspace has no network',
  'exec-files': 'a program in profile workspace sees only the workspace',
  'exec-processes': 'a program in profile workspace sees no other process',
  'exec-privileges': 'a program in profile workspace gains no privilege',
  'exec-tree': 'what a program started ends with it',
  'exec-output': 'the output of a program is bounded',
  'exec-deadline': 'a program ends with its step',
  'secret-placeholders': 'a guest holds a placeholder, never a value',
  'secret-grants': 'a value goes only where a grant lets it go',
  'secret-redaction': 'values are taken out of logs, outputs, errors and the audit',
  'secret-veil': 'a value that comes back is a placeholder again',
  'audit-every-call': 'every call is recorded before it is carried out',
  'audit-lines': 'an entry is one line, whatever it holds',
  'audit-condensed': 'large arguments are recorded in short',
  'plain-text': 'no text of a plugin steers a terminal',
  'plugin-ordinary-files': 'a plugin is made of ordinary files inside its folder',
  'plugin-sizes': "a plugin's files are bounded",
  'plugin-manifest': 'a manifest is read strictly, with a bound on aliases',
  'plugin-names': 'no plugin takes the name of a built-in node',
};
