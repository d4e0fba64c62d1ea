import { describe, expect, it } from 'vitest';
import { ownNodeEnvironment } from './own-node.ts';

describe("what this process's Node needs", () => {
  it('is nothing where the machine has it, whatever paths somebody set', () => {
    expect(ownNodeEnvironment({ LD_LIBRARY_PATH: '/somebody/lib' })).toEqual({});
  });

  it('is the folder that the launcher names', () => {
    expect(ownNodeEnvironment({ WATERFLOW_NODE_LIBRARIES: '/opt/node/lib', LD_LIBRARY_PATH: '/other' })).toEqual({
      LD_LIBRARY_PATH: '/opt/node/lib',
    });
  });
});
