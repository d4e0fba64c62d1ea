const walk = (start) => {
  const seen = new Set();
  const queue = [start];
  const found = [];
  while (queue.length > 0 && seen.size < 3000) {
    const value = queue.shift();
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) continue;
    seen.add(value);
    if (typeof value === 'function') {
      try {
        const made = value('return 6 * 7');
        if (typeof made === 'function' && made() === 42) found.push(String(value.name));
      } catch {}
    }
    for (const key of Reflect.ownKeys(value)) {
      try {
        queue.push(value[key]);
      } catch {}
    }
    try {
      queue.push(Object.getPrototypeOf(value), value.constructor);
    } catch {}
  }
  return found;
};

export default async (_inputs, host) => {
  let caught;
  let calls = 0;
  const deep = () => {
    try {
      deep();
    } catch (error) {
      calls += 1;
      // At the very end of the stack, where the host's own code overflows it.
      if (calls < 20) host.log('x');
      throw error;
    }
  };
  try {
    deep();
  } catch (error) {
    caught = error;
  }
  return { breach: walk(caught) };
};
