import type { Position } from '../errors.js';
import { findJinja } from './jinja.js';
import { JinjaText, Vaulted, type Loaded } from './template.js';

/**
 * JSON that Ansible would expand Jinja in, as loaded data: nothing in it is ever a template. A text with Jinja is a JinjaText, unless it is
 * wrapped as `{"__ansible_unsafe": "…"}`; `{"__ansible_vault": "…"}` is a vault's value, as Ansible reads both.
 * @param position of the whole: JSON of a program has no better one
 */
export function fromJson(
  value: unknown,
  position: Position,
  openVault?: (ciphertext: string, position: Position) => string,
): Loaded {
  if (typeof value === 'string')
    return findJinja(value) === undefined ? value : new JinjaText(value, position, () => position);
  if (typeof value !== 'object' || value === null) return value as Loaded;
  if (Array.isArray(value)) return Object.freeze(value.map((one) => fromJson(one, position, openVault)));
  const entries = Object.entries(value as Readonly<Record<string, unknown>>);
  const [only] = entries;
  if (entries.length === 1 && typeof only![1] === 'string') {
    const text = only![1];
    if (only![0] === '__ansible_unsafe') return text;
    if (only![0] === '__ansible_vault')
      return new Vaulted(text, position, openVault && (() => openVault(text, position)));
  }
  return Object.freeze(
    Object.fromEntries(entries.map(([key, one]) => [key, fromJson(one, position, openVault)])),
  );
}
