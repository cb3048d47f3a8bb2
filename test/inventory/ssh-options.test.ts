import { execFileSync, spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { sshOption, sshOptions } from '../../src/inventory/ssh-options.js';

/** Options of ssh_config(5) in OpenSSH 9.2, as Debian 12 has it. */
const MANUAL =
  `Host Match AddKeysToAgent AddressFamily BatchMode BindAddress BindInterface CanonicalDomains CanonicalizeFallbackLocal CanonicalizeHostname
  CanonicalizeMaxDots CanonicalizePermittedCNAMEs CASignatureAlgorithms CertificateFile CheckHostIP Ciphers ClearAllForwardings Compression
  ConnectionAttempts ConnectTimeout ControlMaster ControlPath ControlPersist DynamicForward EnableEscapeCommandline EnableSSHKeysign EscapeChar
  ExitOnForwardFailure FingerprintHash ForkAfterAuthentication ForwardAgent ForwardX11 ForwardX11Timeout ForwardX11Trusted GatewayPorts
  GlobalKnownHostsFile GSSAPIAuthentication GSSAPIClientIdentity GSSAPIDelegateCredentials GSSAPIKeyExchange GSSAPIRenewalForcesRekey
  GSSAPIServerIdentity GSSAPITrustDns GSSAPIKexAlgorithms HashKnownHosts HostbasedAcceptedAlgorithms HostbasedAuthentication HostKeyAlgorithms
  HostKeyAlias Hostname IdentitiesOnly IdentityAgent IdentityFile IgnoreUnknown Include IPQoS KbdInteractiveAuthentication KbdInteractiveDevices
  KexAlgorithms KnownHostsCommand LocalCommand LocalForward LogLevel LogVerbose MACs NoHostAuthenticationForLocalhost NumberOfPasswordPrompts
  PasswordAuthentication PermitLocalCommand PermitRemoteOpen PKCS11Provider Port PreferredAuthentications ProxyCommand ProxyJump ProxyUseFdpass
  PubkeyAcceptedAlgorithms PubkeyAuthentication RekeyLimit RemoteCommand RemoteForward RequestTTY RequiredRSASize RevokedHostKeys
  SecurityKeyProvider SendEnv ServerAliveCountMax ServerAliveInterval SessionType SetEnv StdinNull StreamLocalBindMask StreamLocalBindUnlink
  StrictHostKeyChecking SyslogFacility TCPKeepAlive Tunnel TunnelDevice UpdateHostKeys User UserKnownHostsFile VerifyHostKeyDNS VisualHostKey
  XAuthLocation`.split(/\s+/);

/** Options of later releases, and of Apple's ssh. */
const LATER =
  'ChannelTimeout ObscureKeystrokeTiming RefuseConnection Tag UseKeychain VersionAddendum WarnWeakCrypto'.split(
    ' ',
  );

const hasSsh = spawnSync('ssh', ['-V']).status === 0;

describe('the table of ssh options', () => {
  it('has every option of the manual, spelled as there', () => {
    const names = sshOptions.map(({ name }) => name);
    expect(MANUAL.filter((name) => !names.includes(name))).to.deep.equal([]);
    expect(new Set(names.map((name) => name.toLowerCase())).size).to.equal(names.length);
  });

  it('has every option that the ssh of this machine knows', function () {
    if (!hasSsh) this.skip();
    const keys = execFileSync('ssh', ['-G', '-F', '/dev/null', 'host'], { encoding: 'utf8' })
      .split('\n')
      .map((line) => line.split(' ')[0]!)
      .filter((key) => key !== '');
    expect(keys.length).to.be.greaterThan(60);
    expect(keys.filter((key) => sshOption(key) === undefined)).to.deep.equal([]);
  });

  it('has no option that ssh does not know', function () {
    if (!hasSsh) this.skip();
    const unknown = sshOptions.filter(({ name }) => {
      const { stderr } = spawnSync('ssh', ['-G', '-F', '/dev/null', '-o', `${name}=x`, 'host'], {
        encoding: 'utf8',
      });
      return /Bad configuration option/.test(stderr);
    });
    const later = unknown.map(({ name }) => name).filter((name) => !LATER.includes(name));
    expect(later).to.deep.equal([]);
  }).timeout(20_000);

  it('takes names in any case, and those of before', () => {
    expect(sshOption('KEXalgorithms')?.name).to.equal('KexAlgorithms');
    expect(sshOption('PubkeyAcceptedKeyTypes')?.name).to.equal('PubkeyAcceptedAlgorithms');
    expect(sshOption('ChallengeResponseAuthentication')?.name).to.equal('KbdInteractiveAuthentication');
    expect(sshOption('NoSuchThing')).to.equal(undefined);
  });

  it('passes over nothing that decides on trust', () => {
    const passed = sshOptions.filter(
      ({ trust, treatment }) => trust && treatment.is !== 'honoured' && treatment.is !== 'refused',
    );
    expect(passed).to.deep.equal([]);
  });

  it('says why it passes over what it passes over', () => {
    for (const { name, treatment } of sshOptions)
      if (treatment.is !== 'honoured') expect(treatment.why, name).to.match(/^\S.{8,}/);
  });
});
