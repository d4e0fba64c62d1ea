// Extism's memory: blocks of bytes that lie outside the module's own, reached by function calls, eight bytes at a time.

// @ts-ignore: decorators name the imports
@external('extism:host/env', 'input_length')
declare function inputLength(): u64;
// @ts-ignore
@external('extism:host/env', 'input_load_u8')
declare function inputLoad8(offset: u64): u8;
// @ts-ignore
@external('extism:host/env', 'input_load_u64')
declare function inputLoad64(offset: u64): u64;
// @ts-ignore
@external('extism:host/env', 'alloc')
declare function alloc(length: u64): u64;
// @ts-ignore
@external('extism:host/env', 'free')
declare function free(block: u64): void;
// @ts-ignore
@external('extism:host/env', 'length')
declare function lengthOf(block: u64): u64;
// @ts-ignore
@external('extism:host/env', 'load_u8')
declare function load8(address: u64): u8;
// @ts-ignore
@external('extism:host/env', 'load_u64')
declare function load64(address: u64): u64;
// @ts-ignore
@external('extism:host/env', 'store_u8')
declare function store8(address: u64, value: u8): void;
// @ts-ignore
@external('extism:host/env', 'store_u64')
declare function store64(address: u64, value: u64): void;
// @ts-ignore
@external('extism:host/env', 'output_set')
declare function outputSet(block: u64, length: u64): void;
// @ts-ignore
@external('extism:host/env', 'error_set')
declare function errorSet(block: u64): void;
// @ts-ignore
@external('extism:host/user', 'host_call')
declare function hostCall(frame: u64): u64;

export function readInput(): string {
  const length = i32(inputLength());
  const bytes = new Uint8Array(length);
  let at = 0;
  for (; at + 8 <= length; at += 8) store<u64>(bytes.dataStart + at, inputLoad64(at));
  for (; at < length; at++) bytes[at] = inputLoad8(at);
  return String.UTF8.decode(bytes.buffer);
}

export function setOutput(text: string): void {
  const block = write(text);
  outputSet(block, lengthOf(block));
}

export function setError(message: string): void {
  errorSet(write(message));
}

// One frame to the host, and its answer.
export function exchange(frame: string): string {
  const request = write(frame);
  const answer = hostCall(request);
  free(request);
  const text = read(answer);
  free(answer);
  return text;
}

// AssemblyScript's own errors (an index out of range...) end the run with their message: `--use abort=` names this function.
export function onAbort(message: string | null, file: string | null, line: u32, column: u32): void {
  const where = (file === null ? 'plugin' : file) + ':' + line.toString() + ':' + column.toString();
  setError((message === null ? 'aborted' : message) + ' at ' + where);
  unreachable();
}

function write(text: string): u64 {
  const bytes = Uint8Array.wrap(String.UTF8.encode(text));
  const length = bytes.length;
  const block = alloc(length);
  let at = 0;
  for (; at + 8 <= length; at += 8) store64(block + at, load<u64>(bytes.dataStart + at));
  for (; at < length; at++) store8(block + at, bytes[at]);
  return block;
}

function read(block: u64): string {
  const length = i32(lengthOf(block));
  const bytes = new Uint8Array(length);
  let at = 0;
  for (; at + 8 <= length; at += 8) store<u64>(bytes.dataStart + at, load64(block + at));
  for (; at < length; at++) bytes[at] = load8(block + at);
  return String.UTF8.decode(bytes.buffer);
}
