// The echo plugin in AssemblyScript: looks at data.txt as often as it is told, then gives back its text.
import { textOf } from '../../../../examples/plugins/wordcount-wasm/assembly/json';
import { fail, hostCall, input, output, quote } from '../../../../examples/plugins/wordcount-wasm/assembly/waterflow';

// The name that the host calls.
export function run(): i32 {
  const inputs = input();
  const text = textOf(inputs, 'text');
  if (text === null) return fail('inputs.text is missing');
  const calls = integerOf(inputs, '"calls":');
  for (let call = 0; call < calls; call++) {
    const answer = hostCall('fs', 'stat', '{"path":"data.txt"}');
    if (!answer.includes('"ok"')) return fail(answer);
  }
  return output('{"text":' + quote(text) + '}');
}

// The whole number after `key`; 0 where there is none. The host writes JSON without spaces.
function integerOf(json: string, key: string): i32 {
  const start = json.indexOf(key);
  return start == -1 ? 0 : i32(parseInt(json.substring(start + key.length)));
}
