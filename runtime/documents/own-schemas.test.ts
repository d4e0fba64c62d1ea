import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import lockfileSchema from '../../schemas/lockfile.schema.json' with { type: 'json' };
import manifestSchema from '../../schemas/manifest.schema.json' with { type: 'json' };
import packageRecordSchema from '../../schemas/package-record.schema.json' with { type: 'json' };
import pluginCasesSchema from '../../schemas/plugin-cases.schema.json' with { type: 'json' };
import policySchema from '../../schemas/policy.schema.json' with { type: 'json' };
import casesSchema from '../../schemas/policy-cases.schema.json' with { type: 'json' };
import registrySchema from '../../schemas/registry.schema.json' with { type: 'json' };
import signaturesSchema from '../../schemas/signatures.schema.json' with { type: 'json' };
import trustSchema from '../../schemas/trust.schema.json' with { type: 'json' };
import { capabilities } from '../capabilities/table.ts';

const ajv = new Ajv();

const schemas = new Map<string, object>([
  ['the manifest', manifestSchema],
  ['the policy', policySchema],
  ['cases of a policy', casesSchema],
  ['cases of a plugin', pluginCasesSchema],
  ["a package's record", packageRecordSchema],
  ["a package's signatures", signaturesSchema],
  ['a trust policy', trustSchema],
  ['a lockfile', lockfileSchema],
  ['a file of a registry', registrySchema],
  ...[...capabilities.values()].flatMap(({ name, entrySchema, operations }): [string, object][] => [
    [`an entry of ${name}`, entrySchema],
    ...Object.entries(operations).map(([operation, { argsSchema }]): [string, object] => [
      `the arguments of ${name}.${operation}`,
      argsSchema,
    ]),
  ]),
]);

describe('our own schemas, which are not checked when they are used', () => {
  it.each([...schemas.keys()])('has a JSON Schema for %s', (name) => {
    void ajv.validateSchema(schemas.get(name) ?? {});
    expect(ajv.errors ?? []).toEqual([]);
  });
});
