/** The Debian releases that a cluster can run, the default first. */
export const suites = ['trixie', 'bookworm', 'sid'] as const;

export type Suite = (typeof suites)[number];

export function isSuite(name: unknown): name is Suite {
  return suites.some((suite) => suite === name);
}
