const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Decodes base64 that the host made (canonical, padded). An isolate has no `atob`. */
export function bytesOfBase64(text: string): Uint8Array {
  const digits = text.replace(/=+$/, '');
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  let buffered = 0;
  let bits = 0;
  let length = 0;
  for (const digit of digits) {
    buffered = ((buffered << 6) | alphabet.indexOf(digit)) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[length] = (buffered >> bits) & 0xff;
    length += 1;
  }
  return bytes;
}
