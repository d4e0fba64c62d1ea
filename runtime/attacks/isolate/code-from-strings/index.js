/* oxlint-disable no-implied-eval -- that is the attack */
const attempts = {
  eval: () => globalThis[['ev', 'al'].join('')]('6 * 7'),
  function: () => Function('return 6 * 7')(),
  arrow: () => (() => {}).constructor('return 6 * 7')(),
  method: () => ({ m() {} }).m.constructor('return 6 * 7')(),
  generator: () => function* () {}.constructor('return 6 * 7')().next().value,
  reflect: () => Reflect.construct((() => {}).constructor, ['return 6 * 7'])(),
  subclass: () => new (class extends (() => {}).constructor {})('return 6 * 7')(),
  bound: () => (() => {}).constructor.bind(null, 'return 6 * 7')()(),
  prototype: () => Object.getPrototypeOf(() => {}).constructor('return 6 * 7')(),
};

export default async () => ({
  breach: Object.entries(attempts).flatMap(([name, attempt]) => {
    try {
      return attempt() === 42 ? [name] : [];
    } catch {
      return [];
    }
  }),
});
