import { ConfigurationError, type Position } from '../errors.js';
import { Template } from '../template/template.js';
import { SHORTEST } from './find-forms.js';
import type { Secrets } from './secrets.js';
import { isVault, openVault } from './vault.js';

/** Opens vaults with the run's password. What was opened counts as secret from then on. */
export interface VaultOpener {
  /** For `!vault` values; undefined without a password, so that only using one is an error. */
  readonly openValue: ((ciphertext: string, position: Position) => string) | undefined;
  /** Gets how to open each `!vault` value that is read: all are secrets before anything is shown, also those that nobody uses. */
  readonly foundVault: (open: () => string) => void;
  /** A file's text: the plain text of a file that is a vault as a whole, any other as it is. */
  readonly openFile: (text: string, file: string) => { readonly text: string; readonly secret: boolean };
}

/**
 * All strings and numbers in a value are secrets from now on: for files that are vaults as a whole. What is very short in them (a port, a
 * `yes`) is none.
 */
export function addSecrets(value: unknown, secrets: Secrets): void {
  if (typeof value === 'string' || typeof value === 'number') addLong(String(value), secrets);
  else if (value instanceof Template) addLong(value.source, secrets);
  else if (typeof value === 'object' && value !== null)
    for (const inner of Object.values(value)) addSecrets(inner, secrets);
}

function addLong(value: string, secrets: Secrets): void {
  if (value.length >= SHORTEST) secrets.add(value);
}

export function createVaultOpener(password: string | undefined, secrets: Secrets): VaultOpener {
  return {
    openValue:
      password === undefined
        ? undefined
        : (ciphertext, position) => {
            const plain = openVault(ciphertext, password, position);
            secrets.add(plain);
            return plain;
          },
    foundVault: (open) =>
      secrets.later(() => {
        try {
          open();
        } catch (error) {
          // Of another password, or damaged: using it is the error.
          if (!(error instanceof ConfigurationError)) throw error;
        }
      }),
    openFile: (text, file) => {
      if (!isVault(text)) return { text, secret: false };
      const position = { file, line: 1, col: 1 };
      if (password === undefined) {
        throw new ConfigurationError('this file is a vault and there is no password to open it', {
          position,
          hint: 'Name the file that holds the password with --vault-password-file.',
        });
      }
      return { text: openVault(text, password, position), secret: true };
    },
  };
}
