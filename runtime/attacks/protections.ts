/** The id of a protection. */
export type ProtectionId =
  | 'isolate-no-code-from-strings'
  | 'isolate-removed-globals'
  | 'isolate-frozen-intrinsics'
  | 'isolate-prototype-accessors'
  | 'isolate-own-modules'
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
  | 'deny-arguments'
  | 'grant-known-names'
  | 'grant-arguments'
  | 'grant-quoted-inputs'
  | 'grant-quoted-values'
  | 'net-addresses'
  | 'net-metadata'
  | 'net-redirects'
  | 'net-redirect-headers'
  | 'net-reserved-headers'
  | 'net-header-values'
  | 'net-user-info'
  | 'net-proxies'
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
  | 'secret-placeholders'
  | 'secret-grants'
  | 'secret-redaction'
  | 'secret-veil'
  | 'secret-file'
  | 'audit-every-call'
  | 'audit-lines'
  | 'audit-condensed'
  | 'plain-text'
  | 'plugin-ordinary-files'
  | 'plugin-sizes'
  | 'plugin-manifest'
  | 'plugin-names'
  | 'secret-to'
  | 'secret-agreement'
  | 'ssh-grants'
  | 'ssh-paths'
  | 'ssh-places'
  | 'ssh-quoting'
  | 'ssh-host-keys'
  | 'ssh-names'
  | 'ssh-limits'
  | 'mail-recipients'
  | 'mail-plain-addresses'
  | 'mail-header-lines'
  | 'mail-attachments'
  | 'mail-encryption'
  | 'mail-limits'
  | 'store-owners'
  | 'store-keys'
  | 'store-quota'
  | 'exec-egress'
  | 'exec-limits'
  | 'exec-pinned'
  | 'args-linear'
  | 'fs-archives'
  | 'quotas'
  | 'deterministic'
  | 'policy-conditions'
  | 'docker-images'
  | 'docker-privileges'
  | 'docker-mounts'
  | 'docker-network'
  | 'docker-own-containers'
  | 'docker-users'
  | 'docker-limits'
  | 'docker-ends'
  | 'docker-builds'
  | 'docker-socket';

/** What holds attacks: each protection by its id, with what it does. Attacks name them, and mutations.ts takes them away. */
export const protections: Readonly<Record<ProtectionId, string>> = {
  'isolate-no-code-from-strings': 'an isolate makes no code from strings',
  'isolate-removed-globals': 'an isolate has no shared memory, no WebAssembly and no eval',
  'isolate-frozen-intrinsics': 'the built-in objects of an isolate cannot be changed',
  'isolate-prototype-accessors': 'no name that data may hold leads to a prototype',
  'isolate-own-modules': "a plugin imports its own files and the guest API, by its modules' own names",
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
  'deny-arguments': 'a deny rule takes arguments that its words leave open',
  'grant-known-names': 'an unknown capability or operation is an error',
  'grant-arguments': 'the arguments of a call fit their schema',
  'grant-quoted-inputs': 'an input in a permission stands for itself, never for a pattern',
  'grant-quoted-values': 'a value in the permissions of a workflow file is one value, and stands for itself',
  'net-addresses': 'a request goes to no private address that is not granted as such',
  'net-metadata': 'a request goes to no address at which clouds hand out credentials',
  'net-redirects': 'a redirect is checked like a request',
  'net-redirect-headers': 'a redirect to another origin takes no granted header along',
  'net-reserved-headers': "headers of the connection are the agent's own",
  'net-header-values': 'a header value cannot end its header',
  'net-user-info': 'a URL holds no user name',
  'net-proxies': 'a request goes by no proxy that a layer does not name',
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
  'secret-placeholders': 'a guest holds a placeholder, never a value',
  'secret-grants': 'a value goes only where a grant lets it go',
  'secret-redaction': 'values are taken out of logs, outputs, errors and the audit',
  'secret-veil': 'a value that comes back is a placeholder again',
  'secret-file': 'a response that repeats a value becomes no file',
  'audit-every-call': 'every call is recorded before it is carried out',
  'audit-lines': 'an entry is one line, whatever it holds',
  'audit-condensed': 'large arguments are recorded in short',
  'plain-text': 'no text of a plugin steers a terminal',
  'plugin-ordinary-files': 'a plugin is made of ordinary files inside its folder',
  'plugin-sizes': "a plugin's files are bounded",
  'plugin-manifest': 'a manifest is read strictly, with a bound on aliases',
  'plugin-names': 'no plugin takes the name of a built-in node',
  'secret-to': 'a value goes to no capability that its entry leaves out',
  'secret-agreement': 'a credential is used only where every layer agrees to it',
  'ssh-grants': 'a command or a path on another machine needs an entry that means it',
  'ssh-paths': 'a path on another machine holds no `..`',
  'ssh-places': 'the place where a path on another machine really lies is granted, too',
  'ssh-quoting': 'an argument of a command on another machine is one argument there',
  'ssh-host-keys': 'no machine is logged in to whose key is not pinned',
  'ssh-names': 'a name from another machine is a name, and no path',
  'ssh-limits': 'listings and files from another machine are bounded',
  'mail-recipients': 'every address of a message is granted',
  'mail-plain-addresses': 'an address of a message means one mailbox to everybody',
  'mail-header-lines': 'no text ends a header or a message',
  'mail-attachments': 'an attachment is a file that fs may read',
  'mail-encryption': 'a password is never said without encryption',
  'mail-limits': 'the recipients and the size of a message are bounded',
  'store-owners': 'values belong to one plugin in one tenant',
  'store-keys': 'a key needs an entry that covers it',
  'store-quota': 'what a plugin keeps is bounded',
  'exec-egress': 'a program connects only to the endpoints of its entry',
  'exec-limits': "a program's memory, processes and time are bounded",
  'exec-pinned': 'what runs by its digest is the copy that was hashed',
  'args-linear': 'arguments are compared in linear time',
  'fs-archives': 'nothing of an archive leads out of its folder',
  quotas: 'what a run and a tenant use is bounded',
  deterministic: 'time and chance come out the same where a policy says so',
  'policy-conditions': 'a condition that cannot be decided denies',
  'docker-images': 'an image needs an entry that means it',
  'docker-privileges': 'a container has no capabilities and gains no privileges',
  'docker-mounts': 'a mount is a folder of the workspace, held by its descriptor',
  'docker-network': 'a container reaches no network that was not granted',
  'docker-own-containers': "a plugin gets at no container that it didn't start",
  'docker-users': 'what can write to the workspace runs as its owner',
  'docker-limits': "a container's memory, processes and time are bounded",
  'docker-ends': 'what a run has with the daemon ends with it',
  'docker-builds': 'the daemon fetches nothing in a build that was not granted',
  'docker-socket': "the docker socket of a program is the agent's, and lets through what its grant does",
};
