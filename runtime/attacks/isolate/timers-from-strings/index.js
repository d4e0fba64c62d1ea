export default async () => {
  const timers = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'];
  return { breach: timers.filter((name) => typeof globalThis[name] === 'function') };
};
