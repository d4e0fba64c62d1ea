export default async () => {
  const breach = [];
  globalThis.ran = (name) => breach.push(name);
  for (const name of ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask']) {
    try {
      globalThis[name](`ran(${JSON.stringify(name)})`, 0);
    } catch {}
  }
  // Longer than the timers.
  if (typeof setTimeout === 'function') await new Promise((resolve) => setTimeout(resolve, 50));
  return { breach };
};
