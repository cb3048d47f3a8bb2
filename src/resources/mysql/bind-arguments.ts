import { quoteValue } from './quote.js';

/**
 * Put quoted values in the place of `%s` (a list) or `%(name)s` (an object); `%%` is a percent sign then. Without values
 * the text is taken as it is.
 * @throws RangeError when a value is missing or left over
 */
export function bindArguments(
  sql: string,
  values: readonly unknown[] | Readonly<Record<string, unknown>> | undefined,
): string {
  if (values === undefined) return sql;
  let next = 0;
  const bound = sql.replace(/%(?:%|s|\((\w+)\)s)/g, (match, name: string | undefined) => {
    if (match === '%%') return '%';
    if (name !== undefined) {
      if (!isRecord(values) || !Object.hasOwn(values, name)) throw new RangeError(`no value for %(${name})s`);
      return quoteValue(values[name]);
    }
    if (isRecord(values)) throw new RangeError('%s has no value in named_args');
    if (next >= values.length) throw new RangeError(`no value for %s number ${next + 1}`);
    return quoteValue(values[next++]);
  });
  if (!isRecord(values) && next < values.length)
    throw new RangeError(`${values.length} values for ${next} %s`);
  return bound;
}

function isRecord(
  values: readonly unknown[] | Readonly<Record<string, unknown>>,
): values is Readonly<Record<string, unknown>> {
  return !Array.isArray(values);
}
