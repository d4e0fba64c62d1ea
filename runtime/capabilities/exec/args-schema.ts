import type { JsonObject } from '../../../schemas/index.ts';
import { urlSchemes, valueTypes } from './value-types.ts';

/** Most items of one list, groups in it counted as one. */
export const maxItems = 200;

const times: JsonObject = {
  optional: { type: 'boolean', description: 'it may be left out' },
  repeat: { type: 'boolean', description: 'it stands for one or more arguments' },
};

/** JSON Schema of `args`. */
export const argsRuleSchema: JsonObject = {
  description: '`any`, or the list of what each argument may be; absent: no arguments',
  oneOf: [{ const: 'any' }, itemsSchema(4)],
};

/** Written out to that depth rather than by a reference, so that it can stand inside of other schemas. */
function itemsSchema(depth: number): JsonObject {
  return {
    type: 'array',
    maxItems,
    items: {
      oneOf: [
        { type: 'string' },
        { type: 'number', minimum: 0 },
        {
          type: 'object',
          additionalProperties: false,
          minProperties: 1,
          properties: {
            enum: {
              type: 'array',
              minItems: 1,
              maxItems: 200,
              items: { type: 'string' },
              description: 'the argument is one of these texts',
            },
            type: { enum: [...valueTypes], description: 'the argument is any value of this sort' },
            pattern: {
              type: 'string',
              minLength: 1,
              description:
                'the whole argument fits this pattern: `.`, `[a-z]`, `\\d`, `\\w`, `(a|b)`, `?`, `*`, `+`, `{2,4}`',
            },
            prefix: { type: 'string', minLength: 1, description: 'stands before the value in the same argument' },
            schemes: {
              type: 'array',
              minItems: 1,
              items: { enum: [...urlSchemes] },
              description: 'those that an address may have',
            },
            granted: {
              const: true,
              description: 'the address is one that `net` lets the same plugin read (GET)',
            },
            ...(depth > 1
              ? {
                  group: {
                    ...itemsSchema(depth - 1),
                    minItems: 1,
                    description: 'items that are repeated or left out together',
                  },
                }
              : {}),
            ...times,
          },
        },
      ],
    },
  };
}
