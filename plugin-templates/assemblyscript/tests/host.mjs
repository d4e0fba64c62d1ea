// A host for tests on this machine: Extism's memory in JavaScript, and answers of the test's own. Run the build first.
import { readFileSync } from 'node:fs';

/** The plugin, as the build left it. */
const built = () => new WebAssembly.Module(readFileSync(new URL('../plugin.wasm', import.meta.url)));

/**
 * Runs a module, the plugin unless another one is given, with these inputs. `answer` gets `{ capability, operation, args }` of each call, and gives `{ ok }`, `{ denied }`,
 * `{ error }` or `{ cancelled: true }`. Gives `{ outputs }` or `{ error }`, with the error's message and what else it says, and the calls.
 */
export function runPlugin(inputs, answer, module = built()) {
  const blocks = new Map();
  const calls = [];
  const submitted = [];
  let next = 8n;
  let output = '{}';
  let error;

  const allocate = (bytes) => {
    const at = next;
    // Addresses of different blocks are far from each other.
    next += BigInt(bytes.length) + 64n;
    blocks.set(at, bytes);
    return at;
  };
  const write = (text) => allocate(new TextEncoder().encode(text));
  const text = (block) => new TextDecoder().decode(blocks.get(block));
  const place = (address) => {
    for (const [at, bytes] of blocks) {
      // Of an address before the block it is huge.
      const offset = BigInt.asUintN(64, address - at);
      if (offset < BigInt(bytes.length)) return new DataView(bytes.buffer, Number(offset));
    }
    throw new RangeError(`no block at ${address}`);
  };
  const input = new DataView(new TextEncoder().encode(JSON.stringify(inputs)).buffer);

  const reply = ({ do: verb, capability, operation, args }) => {
    if (verb === 'wait') return submitted.pop() ?? { error: { code: 'INVALID_ARGUMENTS', message: 'no call is open' } };
    const call = { capability, operation, args };
    calls.push(call);
    const id = calls.length;
    const answered = { id, ...answer(call) };
    if (verb === 'call') return answered;
    if (verb === 'submit') submitted.push(answered);
    return { id };
  };

  const { exports } = new WebAssembly.Instance(module, {
    'extism:host/env': {
      input_length: () => BigInt(input.byteLength),
      input_load_u8: (at) => input.getUint8(Number(at)),
      input_load_u64: (at) => input.getBigUint64(Number(at), true),
      alloc: (length) => allocate(new Uint8Array(Number(length))),
      free: (block) => void blocks.delete(block),
      length: (block) => BigInt(blocks.get(block)?.length ?? 0),
      load_u8: (address) => place(address).getUint8(0),
      load_u64: (address) => place(address).getBigUint64(0, true),
      store_u8: (address, value) => place(address).setUint8(0, value),
      store_u64: (address, value) => place(address).setBigUint64(0, value, true),
      output_set: (block) => {
        output = text(block);
      },
      error_set: (block) => {
        error = text(block);
      },
    },
    'extism:host/user': { host_call: (frame) => write(JSON.stringify(reply(JSON.parse(text(frame))))) },
  });
  try {
    exports.run();
  } catch (cause) {
    // What aborts says why before it traps.
    if (error === undefined) throw cause;
  }
  return error === undefined ? { outputs: JSON.parse(output), calls } : { error: reasonIn(error), calls };
}

/** What the module said is a frame with details, or a mere message where it aborted. */
function reasonIn(said) {
  return said.startsWith('{"v":1,"fail":') ? JSON.parse(said).details : { message: said };
}
