import { BlockList, isIP } from 'node:net';

/**
 * Who asks, behind the proxies.
 *
 * Every proxy appends the address that it saw to X-Forwarded-For, so the list is read from its end: addresses of trusted
 * proxies are passed over and the first other one is the client. What stands before that may be forged by the client. When
 * the connection itself does not come from a trusted proxy, the header is not believed at all.
 *
 * @param trusted addresses and ranges (`10.0.0.0/8`)
 * @returns (request) => address
 */
export function clientAddress(trusted) {
  const proxies = blockList(trusted);
  return (request) => {
    const forwarded = [request.headers['x-forwarded-for'] ?? ''].flat().join(',');
    const hops = forwarded
      .split(',')
      .map((hop) => hop.trim())
      .filter((hop) => hop !== '');
    let address = plain(request.socket.remoteAddress ?? '');
    while (hops.length > 0 && proxies(address)) {
      const next = plain(hops.pop());
      if (isIP(next) === 0) break;
      address = next;
    }
    return address;
  };
}

function blockList(ranges) {
  const list = new BlockList();
  for (const range of ranges) {
    const [address, bits] = range.split('/');
    const family = isIP(address);
    if (family === 0) throw new Error(`TRUSTED_PROXIES holds "${range}", which is no address`);
    const type = family === 4 ? 'ipv4' : 'ipv6';
    if (bits === undefined) list.addAddress(address, type);
    else list.addSubnet(address, Number(bits), type);
  }
  return (address) => isIP(address) !== 0 && list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}

/** An IPv4 address on an IPv6 socket in its usual form. */
function plain(address) {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}
