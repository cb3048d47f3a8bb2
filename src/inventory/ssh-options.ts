/**
 * Every option of ssh_config(5) and what becomes of it here. An option that narrows or changes whom a run trusts is honoured or refused;
 * what is passed over does neither, and says why it does not. One table, for ~/.ssh/config, /etc/ssh/ssh_config and the ssh
 * arguments of inventories alike.
 */
export type Treatment =
  | { readonly is: 'honoured' }
  /** without effect on who is trusted or reached; `why` it may be left out */
  | { readonly is: 'harmless'; readonly why: string }
  /** for uses of ssh that a run does not make: left out of files, which are written for ssh too, and refused in arguments for a run */
  | { readonly is: 'elsewhere'; readonly why: string }
  /** an error, but for values that ask for what is so anyway */
  | { readonly is: 'refused'; readonly why: string; readonly unless?: RegExp };

export interface SshOption {
  /** as the manual spells it */
  readonly name: string;
  readonly treatment: Treatment;
  /** Decides whom a run trusts or what it shows to a host: where a condition cannot be evaluated, the option behind it is an error. */
  readonly trust: boolean;
}

const honoured = { is: 'honoured' } as const;
const harmless = (why: string): Treatment => ({ is: 'harmless', why });
const elsewhere = (why: string): Treatment => ({ is: 'elsewhere', why });
const refused = (why: string, unless?: RegExp): Treatment =>
  unless === undefined ? { is: 'refused', why } : { is: 'refused', why, unless };

const SESSION = 'of sessions with a terminal; a run has none';
const FORWARDING = 'nothing is forwarded';
const GSSAPI = 'login and key exchange by Kerberos are not offered, and the host key is always checked';
const HOSTBASED = 'login by the key of the controller is not offered';
const CANONICAL =
  'names are used as they are written; a section that only a canonical name would have is refused where it decides on trust';
const SHARING = 'a run has one connection for each host, of its own';
const LINK = 'of the link; a run sees to it by itself';
const OLD = 'ssh has no such thing any more';

const TRUST: Readonly<Record<string, Treatment>> = {
  // host keys
  StrictHostKeyChecking: honoured,
  UserKnownHostsFile: honoured,
  GlobalKnownHostsFile: honoured,
  RevokedHostKeys: honoured,
  HostKeyAlias: honoured,
  CheckHostIP: honoured,
  KnownHostsCommand: refused('a program that says which keys are right is not run', /^none$/i),
  RequiredRSASize: honoured,
  // algorithms
  KexAlgorithms: honoured,
  HostKeyAlgorithms: honoured,
  Ciphers: honoured,
  MACs: honoured,
  PubkeyAcceptedAlgorithms: honoured,
  // what is shown to a host
  IdentityFile: honoured,
  IdentitiesOnly: honoured,
  IdentityAgent: honoured,
  PubkeyAuthentication: honoured,
  PasswordAuthentication: honoured,
  KbdInteractiveAuthentication: honoured,
  PreferredAuthentications: honoured,
  CertificateFile: refused('certificates of users are not supported', /^none$/i),
  PKCS11Provider: refused('keys on tokens are not supported', /^none$/i),
  // where a connection leads
  RefuseConnection: refused('it says so'),
};

const OTHERS: Readonly<Record<string, Treatment>> = {
  Host: honoured,
  Match: honoured,
  Include: honoured,
  Tag: honoured,
  IgnoreUnknown: honoured,
  Hostname: honoured,
  Port: honoured,
  User: honoured,
  ProxyJump: honoured,
  ProxyCommand: honoured,
  AddressFamily: honoured,
  BindAddress: honoured,
  BindInterface: refused(
    'a connection cannot be bound to an interface: give it a route, or use BindAddress',
    /^none$/i,
  ),
  ConnectTimeout: honoured,
  HashKnownHosts: honoured,

  AddKeysToAgent: harmless('keys stay where they are'),
  BatchMode: harmless('a run asks by its own rules'),
  CASignatureAlgorithms: harmless('no certificate is accepted at all'),
  ChannelTimeout: harmless(LINK),
  Compression: harmless(LINK),
  ConnectionAttempts: harmless(LINK),
  ControlMaster: harmless(SHARING),
  ControlPath: harmless(SHARING),
  ControlPersist: harmless(SHARING),
  EnableSSHKeysign: harmless(HOSTBASED),
  FingerprintHash: harmless('fingerprints are always shown with SHA-256'),
  HostbasedAcceptedAlgorithms: harmless(HOSTBASED),
  HostbasedAuthentication: harmless(HOSTBASED),
  IPQoS: harmless(LINK),
  KbdInteractiveDevices: harmless('the host chooses how it asks; only the password is ever given to it'),
  LogLevel: harmless('of what ssh prints'),
  LogVerbose: harmless('of what ssh prints'),
  NoHostAuthenticationForLocalhost: harmless('the key of this machine is checked like that of any other'),
  NumberOfPasswordPrompts: harmless('a password is given once'),
  ObscureKeystrokeTiming: harmless(SESSION),
  ProxyUseFdpass: harmless('ProxyCommand is not run'),
  RekeyLimit: harmless(
    'the host may ask for new keys at any time, and a run sends far less than a cipher can bear',
  ),
  SecurityKeyProvider: harmless('FIDO keys are not used at all'),
  ServerAliveCountMax: harmless(LINK),
  ServerAliveInterval: harmless(LINK),
  SyslogFacility: harmless('of what ssh prints'),
  TCPKeepAlive: harmless(LINK),
  UpdateHostKeys: harmless('no key is learnt from a host that is known already'),
  VerifyHostKeyDNS: harmless('DNS vouches for no key: known_hosts does'),
  VersionAddendum: harmless('of how ssh introduces itself'),
  VisualHostKey: harmless('of what ssh prints'),
  WarnWeakCrypto: harmless('of what ssh prints'),
  CanonicalDomains: harmless(CANONICAL),
  CanonicalizeFallbackLocal: harmless(CANONICAL),
  CanonicalizeHostname: harmless(CANONICAL),
  CanonicalizeMaxDots: harmless(CANONICAL),
  CanonicalizePermittedCNAMEs: harmless(CANONICAL),
  GSSAPIAuthentication: harmless(GSSAPI),
  GSSAPIClientIdentity: harmless(GSSAPI),
  GSSAPIDelegateCredentials: harmless(GSSAPI),
  GSSAPIKexAlgorithms: harmless(GSSAPI),
  GSSAPIKeyExchange: harmless(GSSAPI),
  GSSAPIRenewalForcesRekey: harmless(GSSAPI),
  GSSAPIServerIdentity: harmless(GSSAPI),
  GSSAPITrustDns: harmless(GSSAPI),
  // Apple's ssh
  UseKeychain: harmless('passphrases are asked for, or the ssh-agent has the key'),

  ClearAllForwardings: harmless(FORWARDING),
  DynamicForward: elsewhere(FORWARDING),
  EnableEscapeCommandline: elsewhere(SESSION),
  EscapeChar: elsewhere(SESSION),
  ExitOnForwardFailure: elsewhere(FORWARDING),
  ForkAfterAuthentication: elsewhere(SESSION),
  ForwardAgent: elsewhere(FORWARDING),
  ForwardX11: elsewhere(FORWARDING),
  ForwardX11Timeout: elsewhere(FORWARDING),
  ForwardX11Trusted: elsewhere(FORWARDING),
  GatewayPorts: elsewhere(FORWARDING),
  LocalCommand: elsewhere('no program is run on the controller'),
  LocalForward: elsewhere(FORWARDING),
  PermitLocalCommand: elsewhere('no program is run on the controller'),
  PermitRemoteOpen: elsewhere(FORWARDING),
  RemoteCommand: elsewhere(SESSION),
  RemoteForward: elsewhere(FORWARDING),
  RequestTTY: elsewhere(SESSION),
  SendEnv: elsewhere('a run sends no variables of its environment'),
  SessionType: elsewhere(SESSION),
  SetEnv: elsewhere('set variables with environment: of plays and tasks'),
  StdinNull: elsewhere(SESSION),
  StreamLocalBindMask: elsewhere(FORWARDING),
  StreamLocalBindUnlink: elsewhere(FORWARDING),
  Tunnel: elsewhere(FORWARDING),
  TunnelDevice: elsewhere(FORWARDING),
  XAuthLocation: elsewhere(FORWARDING),

  // Names that ssh itself passes over, with or without a word.
  AFSTokenPassing: harmless(OLD),
  Cipher: harmless(OLD),
  CompressionLevel: harmless(OLD),
  FallBackToRsh: harmless(OLD),
  GlobalKnownHostsFile2: harmless(OLD),
  IdentityFile2: harmless(OLD),
  KerberosAuthentication: harmless(OLD),
  KerberosTgtPassing: harmless(OLD),
  Protocol: harmless(OLD),
  RhostsAuthentication: harmless(OLD),
  RhostsRSAAuthentication: harmless(OLD),
  RSAAuthentication: harmless(OLD),
  UsePrivilegedPort: harmless(OLD),
  UseRoaming: harmless(OLD),
  UserKnownHostsFile2: harmless(OLD),
  UseRsh: harmless(OLD),
};

/** Other spellings of options: ssh's own earlier ones, and those of distributions. */
const ALIASES: Readonly<Record<string, string>> = {
  ChallengeResponseAuthentication: 'KbdInteractiveAuthentication',
  SkeyAuthentication: 'KbdInteractiveAuthentication',
  TISAuthentication: 'KbdInteractiveAuthentication',
  DSAAuthentication: 'PubkeyAuthentication',
  HostbasedKeyTypes: 'HostbasedAcceptedAlgorithms',
  KeepAlive: 'TCPKeepAlive',
  ProtocolKeepAlives: 'ServerAliveInterval',
  PubkeyAcceptedKeyTypes: 'PubkeyAcceptedAlgorithms',
  RSAMinSize: 'RequiredRSASize',
  SetupTimeOut: 'ConnectTimeout',
  SmartcardDevice: 'PKCS11Provider',
};

export const sshOptions: readonly SshOption[] = [
  ...Object.entries(TRUST).map(([name, treatment]) => ({ name, treatment, trust: true })),
  ...Object.entries(OTHERS).map(([name, treatment]) => ({ name, treatment, trust: false })),
];

const byName = new Map(sshOptions.map((option) => [option.name.toLowerCase(), option]));
for (const [alias, name] of Object.entries(ALIASES))
  byName.set(alias.toLowerCase(), byName.get(name.toLowerCase())!);

/** The option of a name, however it is written; undefined where there is none. */
export function sshOption(name: string): SshOption | undefined {
  return byName.get(name.toLowerCase());
}
