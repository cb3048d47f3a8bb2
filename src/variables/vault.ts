/** Does a text hold a vault (`$ANSIBLE_VAULT;…`)? */
export function isVault(text: string): boolean {
  return text.startsWith('$ANSIBLE_VAULT;');
}

/** The plain text of a vault. @throws ConfigurationError */
export function openVault(_ciphertext: string, _password: string): string {
  throw new Error('being written');
}
