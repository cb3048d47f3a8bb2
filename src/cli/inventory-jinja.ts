import { ConfigurationError, formatPosition } from '../errors.js';
import { findJinjaInInventory, type JinjaPlace } from '../inventory/find-jinja.js';
import type { Inventory } from '../inventory/model.js';
import { writtenHere } from '../playbook/jinja.js';
import type { Io } from './io.js';
import { complain } from './say.js';

/** Places of one kind that a message lists. */
const MOST_ERRORS = 20;
const MOST_WARNINGS = 5;

/**
 * Where variables are about to be used: Ansible would expand these, and a password that reads `{{ vault_password }}` is one that everybody
 * knows.
 * @throws ConfigurationError that names all of them
 */
export function refuseJinja(inventory: Inventory): void {
  const found = findJinjaInInventory(inventory);
  const [first] = found;
  if (!first) return;
  const others = found.slice(1, MOST_ERRORS);
  const rest = found.length - 1 - others.length;
  throw new ConfigurationError(`"${first.name}" of ${first.owner} holds Jinja, which is not expanded here`, {
    position: first.position,
    detail: [
      ...others.map(({ position, name, owner }) => `${formatPosition(position)}: "${name}" of ${owner} too`),
      ...(rest > 0 ? [`and ${rest} more`] : []),
    ],
    hint: hintOf(first),
  });
}

/** Where nothing but how hosts are logged in to is used, and using one of these is an error: whoever moves an inventory has to know. */
export function warnOfJinja(inventory: Inventory, io: Io): void {
  const found = findJinjaInInventory(inventory);
  for (const { position, name, owner } of found.slice(0, MOST_WARNINGS))
    complain(
      io,
      `warning: ${formatPosition(position)}: "${name}" of ${owner} holds Jinja, which is not expanded here; write <%= … %> for {{ … }}`,
    );
  if (found.length > MOST_WARNINGS) complain(io, `warning: and ${found.length - MOST_WARNINGS} more`);
}

/** What stands around an expression may be a secret: it is not quoted. */
function hintOf({ text, position }: JinjaPlace): string {
  const source = text.source.trim();
  const isExpression = /^\{\{(?:(?!\{\{|\}\}|['"]).)*\}\}$/s.test(source);
  const written = (isExpression ? writtenHere(source) : undefined) ?? '<%= name %> for {{ name }}';
  return `Write ${written}. To keep the text as it is, ${wayOut(position.file, source)}.`;
}

/** INI files and scripts have no tags. */
function wayOut(file: string, source: string): string {
  const isYaml = /\.(?:ya?ml|json)$/.test(file) || !file.includes('.');
  if (source.includes('<%') || !isYaml)
    return "put it into a tag, <%= '{{ name }}' %>, or into group_vars with !unsafe";
  return 'tag it with !unsafe';
}
