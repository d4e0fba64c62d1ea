/**
 * `whole.fraction` times `unit`, exactly: undefined where the result isn't a whole number or can't be held exactly.
 * Floating point would make 1.1 s into 1100.0000000000002 ms, so the fraction is scaled as an integer.
 */
export function multiplyDecimal(digits: string, unit: number): number | undefined {
  const [whole = '', fraction = ''] = digits.split('.');
  // Longer ones can't be whole multiples of any unit here (the finest split is 1024^4 = 2^40).
  if (fraction.length > 40) return undefined;
  const scale = 10n ** BigInt(fraction.length);
  const scaled = BigInt(whole + fraction) * BigInt(unit);
  if (scaled % scale !== 0n) return undefined;
  const result = scaled / scale;
  return result > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(result);
}
