export interface Pm2Params {
  readonly ecosystem: string;
  readonly pm2_home: string;
  readonly name?: string;
  readonly state?: 'started' | 'reloaded' | 'stopped' | 'absent';
  readonly executable?: string;
}
