/** JSON Schemas of arguments that several host calls take in the same form. */
import type { JsonObject } from '../../schemas/index.ts';

/** Texts that end up with the kernel, where a NUL would end them. */
export const noNul = '^[^\\u0000]*$';

/** A file of the workspace in the place of bytes. */
export const workspaceFile: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['file'],
  properties: { file: { type: 'string', minLength: 1, maxLength: 4096, pattern: noNul } },
};

/** Where the output of a program goes. */
export const output: JsonObject = { oneOf: [{ enum: ['log', 'capture', 'discard'] }, workspaceFile] };
