/**
 * Edwards25519 (RFC 8032, section 5.1): whether 32 bytes are a point that a signer's public key can be. OpenSSL takes any bytes, and finds
 * out where it verifies; a point of small order it never finds out, and for that anybody makes signatures.
 */

const prime = 2n ** 255n - 19n;
const d = modulo(-121665n * inverse(121666n));

/** Whether the bytes are the one encoding of a point on the curve whose order is not small. */
export function isSignersPoint(bytes: Uint8Array): boolean {
  const encoded = Buffer.from(bytes).reverse();
  encoded[0] = (encoded[0] ?? 0) & 0x7f;
  const y = BigInt(`0x${encoded.toString('hex')}`);
  if (bytes.length !== 32 || y >= prime) return false;
  // x² = (y² - 1) / (d y² + 1)
  const square = modulo((y * y - 1n) * inverse(modulo(d * y * y + 1n)));
  if (square === 0n) return false;
  if (power(square, (prime - 1n) / 2n) !== 1n) return false;
  return !isOfSmallOrder(square, y);
}

/** Whether eight times the point is the neutral one. The sign of x makes no difference. */
function isOfSmallOrder(xSquare: bigint, yOfPoint: bigint): boolean {
  let [square, y] = [xSquare, yOfPoint];
  for (let doubling = 0; doubling < 3; doubling += 1) {
    const product = modulo(d * modulo(square * modulo(y * y)));
    // x' = 2xy / (1 + d x²y²), y' = (y² + x²) / (1 - d x²y²); a = -1
    const nextY = modulo((y * y + square) * inverse(modulo(1n - product)));
    square = modulo(4n * square * modulo(y * y) * inverse(modulo((1n + product) ** 2n)));
    y = nextY;
  }
  return square === 0n && y === 1n;
}

function inverse(value: bigint): bigint {
  return power(modulo(value), prime - 2n);
}

function power(base: bigint, exponent: bigint): bigint {
  let [result, factor] = [1n, base];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * factor) % prime;
    factor = (factor * factor) % prime;
  }
  return result;
}

function modulo(value: bigint): bigint {
  const rest = value % prime;
  return rest < 0n ? rest + prime : rest;
}
