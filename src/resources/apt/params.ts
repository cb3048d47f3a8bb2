import { TaskError } from '../../errors.js';

/** The parameters of `apt`. */
export interface AptParams {
  readonly name?: string | readonly string[];
  readonly pkg?: string | readonly string[];
  readonly state: 'present' | 'absent' | 'latest';
  readonly deb?: string;
  readonly update_cache: boolean;
  /** seconds */
  readonly cache_valid_time: number;
  readonly upgrade: 'no' | 'yes' | 'safe' | 'full' | 'dist' | boolean;
  readonly purge: boolean;
  readonly autoremove: boolean;
  readonly install_recommends?: boolean;
  readonly default_release?: string;
  readonly only_upgrade: boolean;
  readonly allow_downgrade: boolean;
  readonly allow_change_held_packages: boolean;
  readonly policy_rc_d?: number;
  /** seconds */
  readonly lock_timeout: number;
}

/** `nginx=1.22.*` taken apart; `name` keeps its architecture. */
export interface Wanted {
  readonly name: string;
  readonly version: string | undefined;
}

/** The release that is preferred; a text without anything in it, as a variable may be, names none. */
export function preferredRelease({ default_release }: AptParams): string | undefined {
  return default_release === '' ? undefined : default_release;
}

/** Whether all packages are to be upgraded. YAML may read `no` and `yes` as booleans. */
export function upgradesAll({ upgrade }: AptParams): boolean {
  return upgrade !== 'no' && upgrade !== false;
}

/** The packages that are named, each once. @throws TaskError when one is named with two versions */
export function wantedPackages({ name, pkg }: AptParams): Wanted[] {
  const byName = new Map<string, Wanted>();
  for (const given of [name ?? [], pkg ?? []].flat()) {
    const [packageName, version] = given.split('=') as [string, string?];
    const other = byName.get(packageName);
    if (other && other.version !== version)
      throw new TaskError(`${packageName} is named twice, with different versions`);
    byName.set(packageName, { name: packageName, version });
  }
  return [...byName.values()];
}

/** Whether a version is the one that is pinned. */
export function versionMatches(version: string, pin: string): boolean {
  const parts = pin.split('*').map((part) => part.replace(/[.+]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(version);
}
