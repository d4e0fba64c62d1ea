import { describe, expect, it } from 'vitest';
import { wrongName } from './names.ts';

const builtIn = new Set(['http', 'run', 'if', 'my-http2']);

describe('the name of a new plugin', () => {
  it.each(['greet', 'a', 'tide-table-2', 'x'.repeat(64)])('may be %s', (name) => {
    expect(wrongName(name, builtIn)).toBeUndefined();
  });

  it.each([
    ['http', 'is a node that comes with Waterflow', 'my-http'],
    ['htpp', 'looks like `http`', 'my-htpp'],
    ['Grüß_Gott2Go', 'is no name for a plugin', 'gru-gott2-go'],
    ['MyGreatTool', 'is no name for a plugin', 'my-great-tool'],
    ['../up', 'is no name for a plugin', 'up'],
    ['42', 'is no name for a plugin', 'my-plugin'],
    ['', 'is no name for a plugin', 'my-plugin'],
    ['HTTP', 'is no name for a plugin', 'my-http'],
    ['x'.repeat(65), 'is no name for a plugin', 'x'.repeat(64)],
  ])('is not %j, for which another is proposed', (name, message, proposal) => {
    expect(wrongName(name, builtIn)).toEqual({ message: expect.stringContaining(message), proposal });
  });
});
