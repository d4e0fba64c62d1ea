export default async (_inputs, host) => {
  const kinds = new Set();
  let left = 300;
  const deep = () => {
    try {
      deep();
    } catch {}
    if (left > 0) {
      left -= 1;
      try {
        void host.call('clock', 'now', {}).catch(() => {});
      } catch (error) {
        kinds.add(error.constructor === RangeError ? 'RangeError' : error.constructor);
      }
    }
  };
  deep();
  const foreign = [...kinds].filter((kind) => typeof kind === 'function' && kind('return 6 * 7')?.() === 42);
  return { breach: foreign.length > 0 ? foreign.map(String) : null };
};
