import { expect } from 'chai';
import {
  carriedSettings,
  namedServices,
  imageSources,
  parseDeb822,
  parseOneLine,
  parseOsRelease,
} from '../../src/cluster/apt-sources.js';

const bookworm = { id: 'debian', codename: 'bookworm' };

const deb822 = `# the mirror of the house
Types: deb deb-src
URIs: http://mirror.example/debian/
Suites: bookworm bookworm-updates
 bookworm-backports
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://source.example/debian
Suites: bookworm
Components: main
`;

describe('apt sources of an image', () => {
  it("are the machine's mirrors with the release exchanged", () => {
    expect(imageSources(parseDeb822(deb822), bookworm, 'trixie')).to.deep.equal([
      'deb http://mirror.example/debian trixie main contrib',
      'deb http://mirror.example/debian trixie-updates main contrib',
      'deb http://mirror.example/debian-security trixie-security main',
    ]);
  });

  it('have neither updates nor security for sid', () => {
    expect(imageSources(parseDeb822(deb822), bookworm, 'sid')).to.deep.equal([
      'deb http://mirror.example/debian sid main contrib',
    ]);
  });

  it('read one-line files, options and comments', () => {
    const text = [
      '# deb http://commented.example/debian bookworm main',
      'deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main non-free # the mirror',
      'deb-src http://mirror.example/debian bookworm main',
      'deb http://mirror.example/debian-security stable-security main',
      'deb https://other.example/apt cloud main',
    ].join('\n');
    expect(imageSources(parseOneLine(text), bookworm, 'trixie')).to.deep.equal([
      'deb http://mirror.example/debian trixie main non-free',
      'deb http://mirror.example/debian-security trixie-security main',
    ]);
  });

  it('are the public mirror on another distribution, and where the machine has no Debian one', () => {
    const ubuntu = parseOneLine('deb http://archive.ubuntu.com/ubuntu noble main');
    expect(imageSources(ubuntu, { id: 'ubuntu', codename: 'noble' }, 'trixie')).to.deep.equal([
      'deb http://deb.debian.org/debian trixie main',
    ]);
    expect(imageSources([], bookworm, 'trixie')).to.deep.equal([
      'deb http://deb.debian.org/debian trixie main',
    ]);
  });

  it('read os-release with and without quotes', () => {
    expect(parseOsRelease('PRETTY_NAME="Debian"\nID=debian\nVERSION_CODENAME=bookworm\n')).to.deep.equal(
      bookworm,
    );
    expect(parseOsRelease('ID="ubuntu"\nVERSION_CODENAME="noble"')).to.deep.equal({
      id: 'ubuntu',
      codename: 'noble',
    });
  });

  it('carry proxies and the dates that need no check', () => {
    const dump = [
      'Acquire::http::Proxy "http://proxy.example:3128";',
      'Acquire::http::Proxy::mirror.example "DIRECT";',
      'Acquire::Check-Valid-Until "false";',
      'Acquire::Check-Date "";',
      'APT::Install-Recommends "0";',
    ].join('\n');
    expect(carriedSettings(dump, 'trixie')).to.deep.equal([
      'Acquire::http::Proxy "http://proxy.example:3128";',
      'Acquire::http::Proxy::mirror.example "DIRECT";',
      'Acquire::Check-Valid-Until "false";',
    ]);
    expect(carriedSettings('', 'bookworm')).to.deep.equal([]);
    expect(carriedSettings('', 'sid')).to.deep.equal(['Acquire::Check-Valid-Until "false";']);
  });
});

describe('namedServices', () => {
  it('finds mirrors and proxies at addresses, with their ports', () => {
    expect(
      namedServices([
        'deb [signed-by=/k.gpg] http://192.0.2.2/debian trixie main',
        'deb https://user:pw@192.0.2.3/debian trixie main',
        'Acquire::http::Proxy "http://192.0.2.2:3142/";',
        'Acquire::https::Proxy "http://192.0.2.2:3142";',
        'deb http://deb.debian.org/debian trixie main',
        'deb http://192.0.2.300/debian trixie main',
        'deb cdrom:[Debian]/ trixie main',
      ]),
    ).to.deep.equal([
      { address: '192.0.2.2', port: 80 },
      { address: '192.0.2.3', port: 443 },
      { address: '192.0.2.2', port: 3142 },
    ]);
  });
});
