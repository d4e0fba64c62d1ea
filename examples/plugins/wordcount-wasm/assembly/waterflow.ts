// What every AssemblyScript plugin needs, over Extism's memory and Waterflow's one host function. Copy it into yours.

// @ts-ignore: decorators name the imports
@external('extism:host/env', 'input_length')
declare function inputLength(): u64;
// @ts-ignore
@external('extism:host/env', 'input_load_u8')
declare function inputLoadU8(offset: u64): u8;
// @ts-ignore
@external('extism:host/env', 'input_load_u64')
declare function inputLoadU64(offset: u64): u64;
// @ts-ignore
@external('extism:host/env', 'alloc')
declare function alloc(length: u64): u64;
// @ts-ignore
@external('extism:host/env', 'free')
declare function free(offset: u64): void;
// @ts-ignore
@external('extism:host/env', 'length')
declare function lengthOf(offset: u64): u64;
// @ts-ignore
@external('extism:host/env', 'load_u8')
declare function loadU8(offset: u64): u8;
// @ts-ignore
@external('extism:host/env', 'load_u64')
declare function loadU64(offset: u64): u64;
// @ts-ignore
@external('extism:host/env', 'store_u8')
declare function storeU8(offset: u64, value: u8): void;
// @ts-ignore
@external('extism:host/env', 'store_u64')
declare function storeU64(offset: u64, value: u64): void;
// @ts-ignore
@external('extism:host/env', 'output_set')
declare function outputSet(offset: u64, length: u64): void;
// @ts-ignore
@external('extism:host/env', 'error_set')
declare function errorSet(offset: u64): void;
// @ts-ignore
@external('extism:host/user', 'host_call')
declare function hostCallImport(frame: u64): u64;

// The inputs, as JSON text.
export function input(): string {
  const length = i32(inputLength());
  const bytes = new Uint8Array(length);
  let at = 0;
  for (; at + 8 <= length; at += 8) store<u64>(bytes.dataStart + at, inputLoadU64(at));
  for (; at < length; at++) bytes[at] = inputLoadU8(at);
  return String.UTF8.decode(bytes.buffer);
}

// Ends the run with outputs, as JSON text: `return output(json)`.
export function output(json: string): i32 {
  const block = write(json);
  outputSet(block, lengthOf(block));
  return 0;
}

// Ends the run with an error: `return fail(message)`.
export function fail(message: string): i32 {
  errorSet(write(message));
  return 1;
}

// One host call, answered: `{"ok":...}`, `{"denied":{...}}` or `{"error":{...}}`. `args` is JSON text.
export function hostCall(capability: string, operation: string, args: string): string {
  const call = '{"v":1,"do":"call","capability":' + quote(capability) + ',"operation":' + quote(operation);
  const frame = write(call + ',"args":' + args + '}');
  const answer = hostCallImport(frame);
  free(frame);
  const text = read(answer);
  free(answer);
  return text;
}

// A line in the step's log.
export function log(text: string): void {
  hostCall('log', 'write', '{"text":' + quote(text) + '}');
}

// Text as JSON writes it.
export function quote(text: string): string {
  const parts = new Array<string>();
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x20 && code != 0x22 && code != 0x5c) continue;
    parts.push(text.substring(from, i));
    parts.push(code < 0x20 ? '\\u' + code.toString(16).padStart(4, '0') : '\\' + text.charAt(i));
    from = i + 1;
  }
  parts.push(text.substring(from));
  return '"' + parts.join('') + '"';
}

// AssemblyScript's own errors (an index out of range...) end the run with their message.
export function onAbort(message: string | null, file: string | null, line: u32, column: u32): void {
  const where = (file === null ? 'plugin' : file) + ':' + line.toString() + ':' + column.toString();
  errorSet(write((message === null ? 'aborted' : message) + ' at ' + where));
  unreachable();
}

// Eight bytes at a time: each load and store is a call to the host.
function write(text: string): u64 {
  const bytes = Uint8Array.wrap(String.UTF8.encode(text));
  const length = bytes.length;
  const block = alloc(length);
  let at = 0;
  for (; at + 8 <= length; at += 8) storeU64(block + at, load<u64>(bytes.dataStart + at));
  for (; at < length; at++) storeU8(block + at, bytes[at]);
  return block;
}

function read(block: u64): string {
  const length = i32(lengthOf(block));
  const bytes = new Uint8Array(length);
  let at = 0;
  for (; at + 8 <= length; at += 8) store<u64>(bytes.dataStart + at, loadU64(block + at));
  for (; at < length; at++) bytes[at] = loadU8(block + at);
  return String.UTF8.decode(bytes.buffer);
}
