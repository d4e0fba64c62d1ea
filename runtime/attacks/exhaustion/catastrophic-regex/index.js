export default async () => {
  return { breach: /^(a+)+$/.test(`${'a'.repeat(40)}!`) };
};
