import { end, fail, fs, inputs, Json, log, output } from './waterflow';

// What the agent calls: from the inputs to the outputs, which plugin.yaml declares.
export function run(): i32 {
  const given = inputs();
  const path = given.text('path');
  const greeting = greet(given.text('name'));
  if (greeting === null) return fail('name is empty');

  const failure = fs.write(path, greeting + '\n').failure;
  if (failure !== null) return end(failure);
  log('wrote ' + path);
  return output(Json.object().set('greeting', Json.of(greeting)));
}

// Keep what needs no host in functions of its own.
function greet(name: string): string | null {
  const trimmed = name.trim();
  return trimmed.length == 0 ? null : 'Hello, ' + trimmed + '!';
}
