import { ConfigurationError, ProvisionError, type Position } from '../errors.js';
import { PendingValue, type Scope } from '../template/scope.js';
import type { Sourced } from '../template/template.js';

/** One host's variables: rendered, and where each is written. */
export interface HostSettings {
  readonly host: string;
  text(name: string): string | undefined;
  number(name: string): number | undefined;
  position(name: string): Position | undefined;
}

export function settingsOf(host: string, scope: Scope, written: ReadonlyMap<string, Sourced>): HostSettings {
  const position = (name: string): Position | undefined => written.get(name)?.position;
  const text = (name: string): string | undefined => {
    const value = read(name);
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value !== 'object') return String(value as string | number | boolean);
    throw new ConfigurationError(`${name} is a text or a number, not a list or a map`, {
      host,
      position: position(name),
    });
  };
  return {
    host,
    position,
    text,
    number(name) {
      const value = text(name);
      if (value === undefined) return undefined;
      if (/^[1-9]\d{0,6}$/.test(value)) return Number(value);
      throw new ConfigurationError(`${name} is a whole number above 0, not "${value}"`, {
        host,
        position: position(name),
      });
    },
  };

  function read(name: string): unknown {
    // `ansible_host` has a default of its own in every scope: the host's name.
    if (!written.has(name)) return undefined;
    try {
      return scope.get(name);
    } catch (error) {
      if (error instanceof ProvisionError) throw error;
      if (!(error instanceof PendingValue)) throw error;
      throw new ConfigurationError(`${name} depends on ${error.what}, and the machine is not made yet`, {
        host,
        position: position(name),
        hint: 'Write the value out, or one for Vagrant alone: vagrant_address.',
      });
    }
  }
}
