import type { Place } from '../../agent/step.js';

export interface Pm2Params {
  readonly ecosystem: string;
  readonly pm2_home: string;
  readonly name?: string;
  readonly state?: 'started' | 'reloaded' | 'stopped' | 'absent';
  readonly executable?: string;
}

/** All that PM2 does is done with the rights of whose home it is: as root it would follow what that user puts there. */
export function homePlace({ pm2_home: path }: Pick<Pm2Params, 'pm2_home'>): Place {
  return { path, how: 'inside' };
}
