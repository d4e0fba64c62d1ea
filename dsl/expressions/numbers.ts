/** .NET's `G15`, in which GitHub's runner writes numbers. */
const significantDigits = 15;
/** Scientific notation starts at 1E+15 and at 1E-05, as `G15` has it. */
const smallestFixedExponent = -4;
const decimalPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const hexadecimalPattern = /^0x0*([0-9a-fA-F]{1,8})$/;
const octalPattern = /^0o0*([0-7]{1,11})$/;
const infinityPattern = /^([+-]?)infinity$/i;
const unsignedThirtyTwoBits = 2 ** 32;

/**
 * The number that a text stands for, by the rules of GitHub's runner: blank is 0, decimal with sign and exponent, `0x` and
 * `0o` in 32 bits (read as two's complement, so `0xFFFFFFFF` is -1), `Infinity`. Anything else, `0b11` included, is NaN.
 * Source: ParseNumber in the runner's ExpressionUtility.cs and .NET's Double.TryParse.
 */
export function parseNumber(text: string): number {
  const trimmed = text.trim();
  if (trimmed === '') return 0;
  if (decimalPattern.test(trimmed)) return Number(trimmed);
  const hexadecimal = hexadecimalPattern.exec(trimmed)?.[1];
  if (hexadecimal !== undefined) return thirtyTwoBits(Number.parseInt(hexadecimal, 16));
  const octal = octalPattern.exec(trimmed)?.[1];
  if (octal !== undefined) return thirtyTwoBits(Number.parseInt(octal, 8));
  const sign = infinityPattern.exec(trimmed)?.[1];
  if (sign !== undefined) return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number.NaN;
}

function thirtyTwoBits(value: number): number {
  return value < unsignedThirtyTwoBits ? value | 0 : Number.NaN;
}

/** The text of a number as .NET's `G15` writes it, without a sign for zero: `0.1`, `1E+21`, `1E-07`, `NaN`. */
export function numberToText(value: number): string {
  if (value === 0) return '0';
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 10 ** significantDigits) return String(value);
  const sign = value < 0 ? '-' : '';
  const { digits, exponent } = roundToSignificant(Math.abs(value));
  return (
    sign +
    (exponent >= significantDigits || exponent < smallestFixedExponent
      ? scientific(digits, exponent)
      : fixed(digits, exponent))
  );
}

/** Digits without trailing zeros, the first before the decimal point, times ten to the `exponent`. */
interface Rounded {
  readonly digits: string;
  readonly exponent: number;
}

function roundToSignificant(value: number): Rounded {
  const rounded = parseExponential(value.toExponential(significantDigits - 1));
  // JavaScript rounds a tie up, .NET to the even digit. A double that is a tie has no further digits, so 40 show it exactly.
  // oxlint-disable-next-line oxc/number-arg-out-of-range -- ECMAScript allows up to 100 digits.
  const exact = parseExponential(value.toExponential(40));
  const isTie = exact.digits.length === significantDigits + 1 && exact.digits.endsWith('5');
  const truncated = exact.digits.slice(0, significantDigits);
  const isEven = '02468'.includes(truncated.at(-1) ?? '');
  return isTie && isEven ? { digits: withoutTrailingZeros(truncated), exponent: exact.exponent } : rounded;
}

function parseExponential(text: string): Rounded {
  const [mantissa = '', exponent = '0'] = text.split('e');
  return { digits: withoutTrailingZeros(mantissa.replace('.', '')), exponent: Number(exponent) };
}

function withoutTrailingZeros(digits: string): string {
  return digits.replace(/0+$/, '');
}

function scientific(digits: string, exponent: number): string {
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
  const sign = exponent < 0 ? '-' : '+';
  return `${digits.charAt(0)}${fraction}E${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

function fixed(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}
