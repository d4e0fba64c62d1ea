export default async () => {
  const breach = [];
  try {
    breach.push(new SharedArrayBuffer(8).byteLength);
  } catch {}
  try {
    breach.push(Atomics.add(new Int32Array(4), 0, 1));
  } catch {}
  return { breach };
};
