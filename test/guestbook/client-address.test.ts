import { expect } from 'chai';
import { appModule } from './support.js';

type ClientOf = (request: unknown) => string;

describe('guestbook: who asks', () => {
  let clientAddress: (trusted: readonly string[]) => ClientOf;
  before(async () => {
    ({ clientAddress } = await appModule<{ clientAddress: typeof clientAddress }>('client-address.js'));
  });

  const from = (remoteAddress: string, forwarded?: string): unknown => ({
    socket: { remoteAddress },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  });

  it('is the connection where nobody is trusted', () => {
    expect(clientAddress([])(from('203.0.113.9', '198.51.100.1'))).to.equal('203.0.113.9');
  });

  it('is the last address that is no proxy', () => {
    const clientOf = clientAddress(['10.0.0.0/8', '192.0.2.1']);
    expect(clientOf(from('10.1.2.3', '198.51.100.1'))).to.equal('198.51.100.1');
    expect(clientOf(from('10.1.2.3', '198.51.100.1, 192.0.2.1, 10.9.9.9'))).to.equal('198.51.100.1');
    expect(clientOf(from('10.1.2.3'))).to.equal('10.1.2.3');
  });

  it('is never what the client itself wrote', () => {
    const clientOf = clientAddress(['10.0.0.0/8']);
    expect(clientOf(from('10.1.2.3', '1.1.1.1, 198.51.100.1'))).to.equal('198.51.100.1');
    expect(clientOf(from('203.0.113.9', '10.0.0.1, 1.1.1.1'))).to.equal('203.0.113.9');
    expect(clientOf(from('10.1.2.3', '<script>'))).to.equal('10.1.2.3');
  });

  it('reads IPv6, and IPv4 on IPv6 sockets', () => {
    const clientOf = clientAddress(['fd00::/8', '10.0.0.0/8']);
    expect(clientOf(from('fd00::1', '2001:db8::5'))).to.equal('2001:db8::5');
    expect(clientOf(from('::ffff:10.1.2.3', '198.51.100.1'))).to.equal('198.51.100.1');
  });

  it('refuses a setting that is no address', () => {
    expect(() => clientAddress(['proxy.example'])).to.throw('TRUSTED_PROXIES holds "proxy.example"');
  });
});
