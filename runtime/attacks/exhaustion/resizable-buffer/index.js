export default async () => {
  const kept = [];
  for (;;) kept.push(new ArrayBuffer(1 << 20, { maxByteLength: 1 << 30 }), new Uint8Array(1 << 18).fill(1));
};
