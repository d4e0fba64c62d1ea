export default async () => {
  let buffer = new ArrayBuffer(1 << 24);
  for (;;) buffer = buffer.transfer(buffer.byteLength + 1);
};
