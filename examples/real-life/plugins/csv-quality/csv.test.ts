import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faultOf, fieldsOf } from './csv.ts';

describe('fieldsOf', () => {
  it('reads back whatever was written, quoted or not', () => {
    const field = fc.string().map((text) => text.replaceAll(/[\r\n]/g, ' '));
    fc.assert(
      fc.property(fc.array(field, { minLength: 1 }), (fields) => {
        const quoted = fields.map((text) => `"${text.replaceAll('"', '""')}"`);
        expect(fieldsOf(quoted.join(','))).toEqual(fields);
        const plain = fields.map((text) => text.replaceAll(/[",]/g, '-'));
        expect(fieldsOf(plain.join(','))).toEqual(plain);
      }),
    );
  });
});

describe('faultOf', () => {
  const columns = ['order', 'customer', 'amount'];
  const checks = { required: ['customer'], numeric: ['amount'] };

  it.each([
    ['1,Ada,2.50', undefined],
    ['1,Ada,', undefined],
    ['1, ,2', 'customer is empty'],
    ['1,Ada,much', 'amount is no number'],
    ['1,Ada', '2 fields instead of 3'],
  ])('says of %s: %s', (line, fault) => {
    expect(faultOf(fieldsOf(line), columns, checks)).toBe(fault);
  });
});
