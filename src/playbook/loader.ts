import { isAbsolute, relative } from 'node:path';
import { ConfigurationError, type Position } from '../errors.js';
import type { JsonSchema } from '../schema.js';
import { checkSyntax } from '../template/syntax.js';
import type { Loaded } from '../template/template.js';
import { loadYaml, type KeptTrees } from '../template/yaml.js';
import { namesFacts } from '../variables/names-facts.js';
import { isVault } from '../variables/vault.js';
import { checkNoJinja } from './jinja.js';
import { diskFiles, type Files } from './files.js';
import type { ModuleCatalogue } from './model.js';
import type { YamlNode } from './node.js';

export interface LoadOptions {
  /** of the playbook */
  readonly path: string;
  /** folders of roles, searched after `roles/` beside the playbook */
  readonly rolesPath: readonly string[];
  readonly catalogue: ModuleCatalogue;
  /** messages name files relative to it; left out: the working directory */
  readonly cwd?: string | undefined;
  /** left out: using a vaulted value is an error */
  readonly openVault?: ((ciphertext: string, position: Position) => string) | undefined;
  /** told how to open each vaulted value that is read */
  readonly foundVault?: ((open: () => string) => void) | undefined;
  /** gets what a file holds that is a vault as a whole */
  readonly noteSecrets?: ((value: Loaded) => void) | undefined;
  readonly files?: Files;
  /** of a playbook that was loaded before: its files' texts are not checked again */
  readonly kept?: KeptTrees | undefined;
}

/** What reading the files of one playbook shares. */
export interface Loader {
  readonly catalogue: ModuleCatalogue;
  readonly rolesPath: readonly string[];
  readonly files: Files;
  /** a YAML file, its templates checked; undefined where there is none, a node of null where it is empty. Read once. */
  readonly readYaml: (path: string) => YamlNode | undefined;
  /** schema.json of roles by their folders: one that is used twice is compiled once */
  readonly schemas: Map<string, JsonSchema | undefined>;
  /** whether a file that was read so far names a fact */
  readonly namesFacts: () => boolean;
  /** a path as messages show it */
  readonly nameOf: (path: string) => string;
}

export function createLoader(options: LoadOptions, cwd: string): Loader {
  let facts = false;
  const disk = options.files ?? diskFiles;
  const files: Files = {
    ...disk,
    read(path) {
      const text = disk.read(path);
      facts ||= text !== undefined && namesFacts(text);
      return text;
    },
  };
  const documents = new Map<string, YamlNode | undefined>();
  const nameOf = (path: string): string => {
    const near = relative(cwd, path);
    return near.startsWith('..') || isAbsolute(near) ? path : near;
  };
  return {
    catalogue: options.catalogue,
    rolesPath: options.rolesPath,
    files,
    schemas: new Map(),
    namesFacts: () => facts,
    nameOf,
    readYaml(path) {
      if (!documents.has(path)) documents.set(path, readYaml(path, nameOf(path), files, options));
      return documents.get(path);
    },
  };
}

function readYaml(
  path: string,
  name: string,
  files: Files,
  { openVault, foundVault, noteSecrets, kept }: LoadOptions,
): YamlNode | undefined {
  const text = files.read(path);
  if (text === undefined) return undefined;
  // What a vault holds is written nowhere.
  const trees = isVault(text) ? undefined : kept;
  const isKnown = trees?.get(text) !== undefined;
  const document = loadYaml(isVault(text) ? openFile(text, name, openVault) : text, name, {
    openVault,
    foundVault,
    kept: trees,
    modes: 'text',
  });
  if (isVault(text)) noteSecrets?.(document.value);
  const node: YamlNode = { value: document.value, document, path: [] };
  // What is kept was found to be right: trees of a playbook that is refused are not.
  if (!isKnown) {
    checkNoJinja(node, !isVault(text));
    checkSyntax(node.value);
  }
  return node;
}

function openFile(text: string, name: string, openVault: LoadOptions['openVault']): string {
  const position = { file: name, line: 1, col: 1 };
  if (openVault) return openVault(text, position);
  throw new ConfigurationError('this file is vaulted and there is no vault password', {
    position,
    hint: 'Give one with --vault-password-file FILE.',
  });
}
