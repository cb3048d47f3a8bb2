import { expect } from 'chai';
import { connect } from '../../src/transport/connect.js';
import type { Channel } from '../../src/transport/connection.js';

describe('connect to the controller itself', () => {
  const open = (command: string): Promise<Channel> =>
    connect({ kind: 'local', name: 'localhost' }).then((connection) => connection.exec(command));
  async function textOf(channel: Channel): Promise<string> {
    let text = '';
    channel.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await channel.exit;
    return text;
  }

  it('runs commands by sh and tells how they ended', async () => {
    const channel = await open('cat; echo "$0"; exit 3');
    channel.stdin.end('in\n');
    expect(await textOf(channel)).to.equal('in\nsh\n'.replace('sh', '/bin/sh'));
    expect(await channel.exit).to.deep.equal({ code: 3 });
    expect(await (await open('kill -KILL $$')).exit).to.deep.equal({ code: null, signal: 'SIGKILL' });
  });

  it('starts them in a session of their own: Ctrl-C on the terminal is not theirs', async () => {
    const text = await textOf(await open('ps -o sid= -p $$; echo $$'));
    const [session, self] = text.trim().split(/\s+/);
    expect(session).to.equal(self);
  });

  it('ends their input when it is closed', async () => {
    const connection = await connect({ kind: 'local', name: 'localhost' });
    const channel = await connection.exec('cat; echo ended');
    const text = textOf(channel);
    connection.close();
    expect(await text).to.equal('ended\n');
    expect(await connection.closed).to.equal(undefined);
  });
});
