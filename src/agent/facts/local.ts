import { readForeignJson } from '../../foreign-json.js';

/** The most of one file that is read: the rest of a longer one makes it no JSON. */
const MOST = 65_536;

/** sh that prints the facts which files of the host hold, a line for each: its name, a tab, its content. */
export const LOCAL_FACTS = `for file in /etc/ansible/facts.d/*.fact; do
  if [ -f "$file" ] && [ -r "$file" ]; then
    name=\${file##*/}
    printf '%s\\t%s\\n' "\${name%.fact}" "$(head -c ${MOST} "$file" | tr -d '\\n')"
  fi
done`;

/** `ansible_local`: what those files hold, by their names. One that is no JSON is left out; none is ever run. */
export function localFacts(text: string): Record<string, unknown> {
  const facts: [string, unknown][] = [];
  for (const line of text.split('\n')) {
    const [name, ...content] = line.split('\t');
    if (name === undefined || content.length === 0) continue;
    const value = readForeignJson(content.join('\t'));
    // What cannot be read are Ansible's other two kinds, ini and programs.
    if (value !== undefined) facts.push([name, value]);
  }
  return Object.fromEntries(facts);
}
