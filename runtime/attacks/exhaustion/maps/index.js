export default async () => {
  const map = new Map();
  for (let index = 0; ; index += 1) map.set(index, { index });
};
