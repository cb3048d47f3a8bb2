/** PATTERNS of ssh_config(5): a list matches if one of its patterns does and no negated one (`!pattern`) does. Case counts. */
export function matchesPatternList(patterns: readonly string[], name: string): boolean {
  let matched = false;
  for (const pattern of patterns) {
    if (!pattern.startsWith('!')) matched ||= matchesPattern(pattern, name);
    else if (matchesPattern(pattern.slice(1), name)) return false;
  }
  return matched;
}

/** `*` any text, `?` any character. Only the last star is ever taken back: many of them cost no more than one. */
export function matchesPattern(pattern: string, name: string): boolean {
  let [at, inName, star, restart] = [0, 0, -1, 0];
  while (inName < name.length) {
    if (pattern[at] === '*') [star, at, restart] = [at, at + 1, inName];
    else if (pattern[at] === '?' || pattern[at] === name[inName]) [at, inName] = [at + 1, inName + 1];
    else if (star >= 0) [at, restart, inName] = [star + 1, restart + 1, restart + 1];
    else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
