/**
 * JavaScript's own names that templates and expressions may use. What has an effect, or gives something else each time
 * (Date, Math.random), is left out: a second run has to render the same.
 */
export const GLOBALS: Readonly<Record<string, unknown>> = Object.freeze({
  undefined: undefined,
  NaN,
  Infinity,
  Array,
  BigInt,
  Boolean,
  Error,
  JSON,
  Map,
  Math: withoutRandom(),
  Number,
  Object,
  RegExp,
  Set,
  String,
  TypeError,
  RangeError,
  decodeURI,
  decodeURIComponent,
  encodeURI,
  encodeURIComponent,
  isFinite,
  isNaN,
  parseFloat,
  parseInt,
});

function withoutRandom(): object {
  const kept = Object.entries(Object.getOwnPropertyDescriptors(Math)).filter(([name]) => name !== 'random');
  return Object.freeze(Object.defineProperties({}, Object.fromEntries(kept)));
}
