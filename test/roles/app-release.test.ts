import { expect } from 'chai';
import { rolesOnHosts } from './support.js';

/** What a host has been found well with, as the role's file of facts tells it. */
const ran = (release: string, ...previous: string[]): Record<string, unknown> => ({
  'app-guestbook': { release, previous },
});

async function of(
  names: readonly string[],
  local: Readonly<Record<string, unknown>>,
  extra: Readonly<Record<string, unknown>> = {},
): Promise<unknown[]> {
  // Without it a new one is made at random for each.
  const roles = await rolesOnHosts({ local, extra: { guestbook_db_password: 'same', ...extra } });
  const { scope } = roles.find(({ role }) => role.name === 'app')!;
  return names.map((name) => scope.get(name));
}

describe('the release that the role app brings about', () => {
  const version = async (...given: [Record<string, unknown>, Record<string, unknown>?]): Promise<unknown> =>
    (await of(['app_version'], ...given))[0];

  it('is the one that is named, else the one that runs, else that of the artifact', async () => {
    expect(await version(ran('1.4.0'), { app_version: '1.5.0' })).to.equal('1.5.0');
    expect(await version(ran('1.4.0'))).to.equal('1.4.0');
    expect(await version({})).to.equal('1.0.0');
  });

  it('is that of the artifact in deploy.yml, and before it the one to go back to', async () => {
    expect(await version(ran('1.4.0'), { app_deploy: true })).to.equal('1.0.0');
    expect(await of(['app_previous'], ran('1.4.0', '1.3.0', '1.2.0'))).to.deep.equal(['1.3.0']);
    expect(await of(['app_previous'], {})).to.deep.equal(['']);
  });

  it('remembers those before it, the latest first, without itself', async () => {
    const history = async (to: string, ...before: [string, ...string[]]): Promise<unknown> =>
      (await of(['app_history'], ran(...before), { app_version: to }))[0];
    expect(await history('1.5.0', '1.4.0', '1.3.0')).to.deep.equal(['1.4.0', '1.3.0']);
    expect(await history('1.3.0', '1.4.0', '1.3.0', '1.2.0')).to.deep.equal(['1.4.0', '1.2.0']);
    expect(await history('1.4.0', '1.4.0', '1.3.0')).to.deep.equal(['1.3.0']);
    expect(await history('9', '8', '7', '6', '5', '4', '3')).to.deep.equal(['8', '7', '6', '5', '4']);
  });

  it('is due until the host was found well with it and with these settings', async () => {
    const [record, due] = await of(['app_record', 'app_due'], {}, { app_version: '1.0.0' });
    const recorded = { 'app-guestbook': JSON.parse(String(record)) as unknown };
    expect(due).to.equal(true);
    const dueWith = async (extra: Record<string, unknown>): Promise<unknown> =>
      (await of(['app_due'], recorded, extra))[0];
    expect(await dueWith({})).to.equal(false);
    expect(await dueWith({ app_version: '1.1.0' })).to.equal(true);
    expect(await dueWith({ app_env: { A: 1 } })).to.equal(true);
    expect(await dueWith({ app_secret_files: { key: 'another' } })).to.equal(true);
    expect(await dueWith({ app_limit_nofile: 1024 })).to.equal(true);
    expect(await dueWith({ pm2_version: '7.0.5' })).to.equal(true);
  });

  it('is for a rollback the one before on all hosts, or the one that is named', async () => {
    const targets = async (
      local: Record<string, unknown>,
      extra: Record<string, unknown>,
    ): Promise<unknown> =>
      ((await of(['app_rollback_targets'], local, extra))[0] as { target: string }[]).map(
        ({ target }) => target,
      );
    expect(await targets(ran('1.4.0', '1.3.0'), { app_version: '1.2.0' })).to.deep.equal(['1.2.0', '1.2.0']);
    expect(await targets(ran('1.4.0', '1.3.0'), { app_version: '1.3.0' })).to.deep.equal(['1.3.0', '1.3.0']);
    expect(await of(['app_fleet'], ran('1.4.0'))).to.deep.equal(['app1 1.4.0, app2 1.4.0']);
    expect(await of(['app_fleet'], {})).to.deep.equal(['app1 none, app2 none']);
  });

  it('is recorded unless the application may write to its releases', async () => {
    const recorded = async (...paths: string[]): Promise<unknown> =>
      (await of(['app_recorded'], {}, { app_writable_paths: paths }))[0];
    expect(await recorded()).to.equal(true);
    expect(await recorded('/srv/guestbook/shared/x', '/srv/guestbook/releases2')).to.equal(true);
    expect(await recorded('/srv/guestbook/current/tmp')).to.equal(false);
    expect(await recorded('/srv/guestbook/releases')).to.equal(false);
  });

  it('is called as its package.json says', async () => {
    expect(await of(['app_version_of_package'], {})).to.deep.equal(['1.0.0']);
  });
});
