/**
 * A text of at most so many characters. Where something is left out three dots say so: by them the end of a secret that was cut off is
 * known for what it is (variables/find-forms.ts). The only place that shortens texts.
 */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const head = text.slice(0, most - 3);
  // Half a surrogate pair is no character.
  return `${/[\ud800-\udbff]$/.test(head) ? head.slice(0, -1) : head}...`;
}

/** The same of a text of several lines or many blanks, on one line. */
export function cutLine(text: string, most: number): string {
  return cut(text.trim().replace(/\s+/g, ' '), most);
}
