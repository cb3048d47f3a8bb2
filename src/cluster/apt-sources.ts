import { isAddress } from './addresses.js';
import type { Service } from './network.js';
import type { Suite } from './suites.js';

/** One entry of the machine's apt sources: packages of `components` of each of `suites` from each of `uris`. */
export interface AptSource {
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

/** What the machine is, from its os-release file. */
export interface Distribution {
  readonly id: string;
  readonly codename: string;
}

const publicMirror = 'http://deb.debian.org/debian';

/**
 * Sources for an image of `suite`, one line each, from the machine's own mirrors: those that carry the machine's release, its
 * updates and its security suite, with the release exchanged. A machine that is not Debian has no such mirror; its images come from
 * the public one.
 */
export function imageSources(sources: readonly AptSource[], machine: Distribution, suite: Suite): string[] {
  const own = machine.id === 'debian' ? sources : [];
  const lines = own.flatMap((source) =>
    source.uris.flatMap((uri) =>
      source.suites.flatMap((name) => {
        const target = exchange(name, machine.codename, suite);
        return target === undefined ? [] : [`deb ${uri} ${target} ${source.components.join(' ')}`];
      }),
    ),
  );
  const unique = [...new Set(lines)];
  // Without the release itself (a machine that has only an overlay repository configured) nothing can be installed.
  return unique.some((line) => line.split(' ')[2] === suite) ? unique : [`deb ${publicMirror} ${suite} main`];
}

/** Entries of a `.sources` file (deb822): stanzas of fields, of which `Enabled: no` switches one off. */
export function parseDeb822(text: string): AptSource[] {
  return text
    .split(/\n\s*\n/)
    .map(fieldsOf)
    .filter(
      (fields) =>
        wordsOf(fields.get('types')).includes('deb') &&
        !/^(no|false|off|0)$/i.test(fields.get('enabled') ?? 'yes'),
    )
    .map((fields) => ({
      uris: wordsOf(fields.get('uris')).map(withoutSlash),
      suites: wordsOf(fields.get('suites')),
      components: wordsOf(fields.get('components')),
    }));
}

/** Entries of a `.list` file: `deb [options] URI SUITE COMPONENT...`, one a line. */
export function parseOneLine(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const found = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)((?:\s+[^#\s]+)*)/.exec(line);
    if (!found) return [];
    return [{ uris: [withoutSlash(found[1]!)], suites: [found[2]!], components: wordsOf(found[3]) }];
  });
}

/** ID and VERSION_CODENAME of an os-release file. */
export function parseOsRelease(text: string): Distribution {
  const value = (key: string): string => new RegExp(`^${key}="?([^"\\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
  return { id: value('ID'), codename: value('VERSION_CODENAME') };
}

/** The settings of `apt-config dump` that decide whether a host can reach the same mirror: proxies, and dates it must not check. */
export function carriedSettings(dump: string, suite: Suite): string[] {
  const carried = dump
    .split('\n')
    .filter((line) => /^Acquire::(https?::Proxy|Check-Valid-Until|Check-Date)\b.* "[^"]+";$/.test(line))
    .filter((line) => !line.includes('Check-Valid-Until'));
  const keepsOld = suite === 'sid' || /^Acquire::Check-Valid-Until "(false|no|0)";$/m.test(dump);
  // sid's Release file expires after a week; a mirror that is a snapshot has nothing newer.
  return keepsOld ? [...carried, 'Acquire::Check-Valid-Until "false";'] : carried;
}

/** TCP ports at literal addresses that lines of sources.list or of apt's settings name: mirrors and proxies. */
export function namedServices(lines: readonly string[]): Service[] {
  const urls = lines.flatMap((line) => line.match(/\bhttps?:\/\/[^\s"/]+/g) ?? []);
  const services = urls.flatMap((url): Service[] => {
    const [, scheme, address, port] = /^(https?):\/\/(?:[^@]*@)?([\d.]+)(?::(\d+))?$/.exec(url) ?? [];
    if (address === undefined || !isAddress(address)) return [];
    return [{ address, port: Number(port ?? (scheme === 'https' ? 443 : 80)) }];
  });
  return [...new Map(services.map((one) => [`${one.address}:${one.port}`, one])).values()];
}

function exchange(name: string, codename: string, suite: Suite): string | undefined {
  if (name === codename || name === 'stable') return suite;
  const found = new RegExp(`^(?:${codename}|stable)-(updates|security)$`).exec(name);
  // sid has neither: what is new arrives in it first
  return found && suite !== 'sid' ? `${suite}-${found[1]!}` : undefined;
}

function fieldsOf(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  let last = '';
  for (const line of stanza.split('\n')) {
    if (line.startsWith('#')) continue;
    const found = /^([A-Za-z0-9-]+):(.*)$/.exec(line);
    if (found) last = found[1]!.toLowerCase();
    if (last !== '') fields.set(last, `${fields.get(last) ?? ''} ${found ? found[2]! : line}`.trim());
  }
  return fields;
}

function wordsOf(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}

function withoutSlash(uri: string): string {
  return uri.replace(/\/$/, '');
}
