export default async () => {
  const breach = [];
  try {
    if ((await (async () => {}).constructor('return 6 * 7')()) === 42) breach.push('async');
  } catch {}
  try {
    const made = async function* () {}.constructor('yield 6 * 7')();
    if ((await made.next()).value === 42) breach.push('async generator');
  } catch {}
  return { breach };
};
