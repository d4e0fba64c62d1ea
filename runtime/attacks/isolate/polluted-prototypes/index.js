const iterators = Object.getPrototypeOf([][Symbol.iterator]());
const targets = [
  [Object.prototype, 'polluted'],
  [Array.prototype, 'push'],
  [Promise.prototype, 'then'],
  [RegExp.prototype, 'exec'],
  [Number.prototype, 'toString'],
  [iterators, 'next'],
  [JSON, 'stringify'],
  [Promise, 'resolve'],
];

/** Whether it could be changed; it is as it was afterwards, since the prelude has to report it. */
function canChange(target, name) {
  const before = Object.getOwnPropertyDescriptor(target, name);
  const mine = () => 1;
  try {
    target[name] = mine;
  } catch {}
  if (target[name] !== mine) return false;
  if (before === undefined) delete target[name];
  else Object.defineProperty(target, name, before);
  return true;
}

export default async () => ({
  breach: targets.filter(([target, name]) => canChange(target, name)).map(([, name]) => name),
});
