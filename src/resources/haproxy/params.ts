export interface HaproxyParams {
  readonly host: string;
  readonly state: 'enabled' | 'disabled' | 'drain';
  readonly backend?: string;
  readonly socket: string;
  readonly wait: boolean;
  readonly wait_interval: number;
  readonly wait_retries: number;
  readonly drain: boolean;
  readonly shutdown_sessions: boolean;
  readonly fail_on_not_found: boolean;
}
