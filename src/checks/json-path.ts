/** What a path such as `$.items[0].id` leads to; undefined when there is nothing. `$` alone is the whole value. */
export function valueAt(root: unknown, path: string): unknown {
  return stepsOf(path).reduce<unknown>((value, step) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    return (value as Readonly<Record<string, unknown>>)[step];
  }, root);
}

/** `a.b[0]["c d"]` and `$.a` in their parts. */
function stepsOf(path: string): string[] {
  const parts = path.replace(/^\$/, '').matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|\.?([^.[\]]+)/g);
  return [...parts].map(([, index, quoted, name]) => index ?? quoted?.replace(/\\(.)/g, '$1') ?? name ?? '');
}
