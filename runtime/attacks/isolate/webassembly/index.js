export default async () => {
  const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
  try {
    return { breach: WebAssembly.Module.exports(new WebAssembly.Module(bytes)).length === 0 };
  } catch (error) {
    return { refused: error.name };
  }
};
