import type { Places } from '../../agent/step.js';

export interface Pm2Params {
  readonly ecosystem: string;
  readonly pm2_home: string;
  readonly name?: string;
  readonly state?: 'started' | 'reloaded' | 'stopped' | 'absent';
  readonly executable?: string;
}

/**
 * All that PM2 does is done with the rights of whose home it is: as root it would follow what that user puts there. The ecosystem file
 * and PM2 itself are programs: root runs nobody else's.
 */
export function placesOf({ pm2_home: home, ecosystem, executable }: Pm2Params): Places {
  return [
    { path: home, how: 'inside' },
    { path: ecosystem, how: 'code' },
    ...(executable === undefined ? [] : [{ path: executable, how: 'code' } as const]),
  ];
}
