/**
 * A file of this package, from its root: `roles`, `package.json`. The one place that knows how deep compiled code lies, which is as
 * deep as this file in src/.
 */
export function packageFile(path: string): URL {
  return new URL(`../${path}`, import.meta.url);
}
