import type { JsonSchema } from '../../src/schema.js';

/** What has a page of reference: a resource or a check. */
export interface ReferenceEntry {
  readonly name: string;
  readonly summary: string;
  readonly schema: JsonSchema;
  readonly freeForm?: string;
}

/** A page with a table of parameters for each entry, by name. */
export function renderReference(page: {
  title: string;
  introduction: string;
  entries: readonly ReferenceEntry[];
}): string {
  const entries = [...page.entries].sort((a, b) => (a.name < b.name ? -1 : 1));
  const contents = entries.map(({ name, summary }) => `- [${name}](#${name}): ${summary}`).join('\n');
  const sections = entries.map(renderEntry).join('\n');
  return `# ${page.title}\n\n<!-- Made from the schemas by \`npm run docs\`: change those. -->\n\n${page.introduction}\n\n${contents}\n\n${sections}`;
}

function renderEntry({ name, summary, schema, freeForm }: ReferenceEntry): string {
  const required = requiredOf(schema);
  const rows = Object.entries(schema.properties ?? {}).map(
    ([key, property]) =>
      `| \`${key}\`${required.has(key) ? ' (required)' : ''} | ${cell(valuesOf(property))} | ${defaultOf(property)} | ${cell(descriptionOf(property))} |`,
  );
  const free = freeForm === undefined ? '' : `A string alone is its \`${freeForm}\`.\n\n`;
  const table =
    rows.length === 0
      ? 'It takes any keys.\n'
      : `| Parameter | Values | Default | Meaning |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  return `## ${name}\n\n${summary}\n\n${free}${table}`;
}

/** Keys that must be there whatever else is. */
function requiredOf(schema: JsonSchema): Set<string> {
  return new Set(schema.required ?? []);
}

function valuesOf(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  const branches = schema['anyOf'] as readonly JsonSchema[] | undefined;
  if (branches) return [...new Set(branches.map(valuesOf))].join(' or ');
  if (schema.type === 'array') return schema.items ? `list of ${valuesOf(schema.items)}` : 'list';
  const names = [schema.type ?? 'any'].flat() as readonly string[];
  return names.map((name) => ({ object: 'mapping', array: 'list' })[name] ?? name).join(' or ');
}

function defaultOf(schema: JsonSchema): string {
  return schema.default === undefined || schema.default === ''
    ? ''
    : `\`${cell(typeof schema.default === 'string' ? schema.default : JSON.stringify(schema.default))}\``;
}

function descriptionOf(schema: JsonSchema): string {
  const text = schema.description ?? '';
  return schema.writeOnly === true ? `${text}. A secret: it is shown nowhere` : text;
}

/** In a table a bar would be a border. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
