import { TextDecoder as Decoder, TextEncoder } from '@exodus/bytes/encoding-lite.js';

export { TextEncoder };

/** Their tables are larger than all the rest; the package refuses them when the first byte comes. */
const withTables: ReadonlySet<string> = new Set([
  'big5',
  'euc-jp',
  'euc-kr',
  'gb18030',
  'gbk',
  'iso-2022-jp',
  'shift_jis',
]);

/** As the Encoding standard has it, but for the encodings of several bytes a character beside those of Unicode: a RangeError, as of an unknown one. */
export class TextDecoder extends Decoder {
  constructor(...given: ConstructorParameters<typeof Decoder>) {
    super(...given);
    if (withTables.has(this.encoding)) throw new RangeError(`a plugin has no tables for the encoding ${this.encoding}`);
  }
}
