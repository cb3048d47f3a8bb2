import { dirname, basename, join } from 'node:path';
import { ConfigurationError, type Position } from '../errors.js';
import { didYouMean } from '../schema.js';
import { checkFileSyntax } from '../template/syntax.js';
import { Template } from '../template/template.js';
import { isVault } from '../variables/vault.js';
import type { Arguments } from './argument-forms.js';
import type { Loader } from './loader.js';
import type { Role } from './model.js';
import { isMapping } from './node.js';
import { findRoleFile, searchedPlaces, type FileKind } from './search.js';

/** Modules whose `src` is a file on the controller. */
const SOURCES: Readonly<Record<string, FileKind>> = { template: 'templates', copy: 'files' };

interface Where {
  readonly loader: Loader;
  readonly dir: string;
  readonly role: Role | undefined;
}

/**
 * Find the source of a template or copy task and check a template's syntax, as far as the name is known yet.
 * @throws ConfigurationError that names the places searched, or at the place in the template
 */
export function checkSource(module: string, given: Arguments, where: Where): void {
  const kind = SOURCES[module];
  if (kind === undefined || !isMapping(given.value)) return;
  const { src, remote_src: onHost } = given.value;
  if (onHost !== undefined && onHost !== false) return;
  if (typeof src === 'string') checkFile(src, kind, given, where);
  else if (src instanceof Template && kind === 'templates') checkAllTemplates(where);
}

function checkFile(name: string, kind: FileKind, given: Arguments, where: Where): void {
  const found = findRoleFile(where, where.dir, kind, name, where.loader.files);
  if (found === undefined) throw notFound(name, kind, given, where);
  if (kind === 'files') return checkCopied(found, given, where);
  if (where.loader.files.kindOf(found) === 'folder') {
    throw new ConfigurationError(`template: "${name}" is a folder`, {
      position: given.at(['src']),
      hint: 'Name one file; "copy" takes folders.',
    });
  }
  if (found.endsWith('.j2')) throw jinjaTemplate(where.loader.nameOf(found), given.at(['src']));
  checkTemplate(found, where.loader);
}

/** Links that lead nowhere are found before the first connection, like a name that does. */
function checkCopied(found: string, given: Arguments, { loader }: Where): void {
  const { local_follow: follow = true } = given.value as Readonly<Record<string, unknown>>;
  if (typeof follow !== 'boolean') return;
  try {
    loader.files.checkTree(found, { follow, name: loader.nameOf(found) });
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const { message, detail, hint } = error;
    throw new ConfigurationError(message, { position: given.at(['src']), detail, hint, cause: error });
  }
}

/** Rendered as EJS it would reach the host as it is, with its `{{ … }}`. */
export function jinjaTemplate(name: string, position: Position): Error {
  return new ConfigurationError(`template: "${name}" is a Jinja template; templates are EJS here`, {
    position,
    hint: 'Rename it to .ejs and write <%= name %> for {{ name }}; docs/migrating-from-ansible.md has a table.',
  });
}

function notFound(name: string, kind: FileKind, given: Arguments, where: Where): Error {
  const places = searchedPlaces(where, where.dir, kind, name);
  const near = suggestion(name, places, where.loader);
  const jinja = /\.j2$/.test(name) ? 'Templates are EJS here: rename it to .ejs and write <%= name %>. ' : '';
  return new ConfigurationError(`${kind === 'templates' ? 'template' : 'file'} "${name}" not found${near}`, {
    position: given.at(['src']),
    hint: `${jinja}Searched: ${places.map((place) => where.loader.nameOf(place)).join(', ')}.`,
  });
}

function suggestion(name: string, places: readonly string[], { files }: Loader): string {
  if (places.some((place) => files.kindOf(`${place}.ejs`) !== undefined))
    return ` (did you mean "${name}.ejs"?)`;
  const names = places.flatMap((place) => files.list(dirname(place)));
  const folder = dirname(name);
  return didYouMean(basename(name), names).replace('"', `"${folder === '.' ? '' : `${folder}/`}`);
}

/** The name is known on the host only: every template that it could mean has to be good. */
function checkAllTemplates({ loader, role }: Where): void {
  if (!role) return;
  const folder = join(role.path, 'templates');
  for (const name of loader.files.list(folder))
    if (name.endsWith('.ejs')) checkTemplate(join(folder, name), loader);
}

function checkTemplate(path: string, loader: Loader): void {
  const text = loader.files.read(path);
  if (text !== undefined && !isVault(text)) checkFileSyntax(text, loader.nameOf(path));
}
