export default async () => {
  const end = Date.now() + 4000;
  let sum = 0;
  while (Date.now() < end) sum += 1;
  return { breach: `computed for four seconds (${sum > 0})` };
};
