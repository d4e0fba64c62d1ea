export default async () => {
  try {
    const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    return { breach: buffer.constructor.name };
  } catch (error) {
    return { refused: error.name };
  }
};
