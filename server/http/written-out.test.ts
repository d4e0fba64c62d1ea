import { describe, expect, it } from 'vitest';
import { writtenOut } from './written-out.ts';

describe('a document that is written out', () => {
  it('says that choices of texts are texts, and that an object without keys has any', () => {
    const schema = {
      type: 'object',
      properties: { type: { enum: ['a', 'b'] }, level: { enum: [1, 2] }, inputs: { type: 'object', maxProperties: 3 } },
    };
    expect(writtenOut(schema)).toEqual({
      type: 'object',
      properties: {
        type: { type: 'string', enum: ['a', 'b'] },
        level: { enum: [1, 2] },
        inputs: { type: 'object', maxProperties: 3, additionalProperties: true },
      },
    });
  });

  it('leaves values alone, and what says it already', () => {
    const schema = {
      type: 'object',
      additionalProperties: false,
      default: { type: 'object' },
      examples: [{ enum: ['a'] }],
    };
    expect(writtenOut(schema)).toEqual(schema);
  });
});
