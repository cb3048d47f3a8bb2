import { UnreachableError } from '../errors.js';
import type { Tried } from './login.js';
import type { SshTarget } from './target.js';

/** A login took longer than it may. */
export function tooLate(target: SshTarget): UnreachableError {
  return new UnreachableError(
    `no login to ${target.host} port ${target.port} within ${target.connectTimeout} s`,
    {
      host: target.name,
      hint: 'is the host up, and does a firewall drop the packets? --timeout gives it more time',
    },
  );
}

/** Why a login failed, in plain words, with what to try. */
export function plainReason(
  error: Error & { code?: string; level?: string },
  target: SshTarget,
  tried: readonly Tried[],
  greeting = '',
): UnreachableError {
  const where = `${target.host} port ${target.port}`;
  const say = (message: string, hint?: string): UnreachableError =>
    new UnreachableError(message, { host: target.name, hint, cause: error });
  // sshd's own words, in place of its name.
  if (/^Not allowed at this time/m.test(greeting)) {
    return say(
      `${where} lets nobody from this address in for a while: logins from it have failed before (PerSourcePenalties)`,
      'it lasts 15 s at least and 10 minutes at most, unless its sshd_config says otherwise: wait, find out whose logins fail (journalctl -u ssh), ' +
        'or name this address in PerSourcePenaltyExemptList',
    );
  }
  if (/^Exceeded MaxStartups/m.test(greeting)) {
    return say(
      `${where} has too many logins under way (MaxStartups)`,
      'run with fewer hosts at a time behind one address, or raise MaxStartups in its sshd_config',
    );
  }
  switch (error.code) {
    case 'ECONNREFUSED':
      return say(`${where} refuses the connection`, 'is sshd running there, and is ansible_port right?');
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return say(`the name ${target.host} does not resolve`, 'set ansible_host to an address, or check DNS');
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return say(`${where} cannot be reached (${error.code})`, 'is the host up, and is there a route to it?');
    case 'ECONNRESET':
      return say(
        `${where} closed the connection`,
        'sshd may be overloaded (MaxStartups) or refuse this address',
      );
    default:
      break;
  }
  if (/before handshake/.test(error.message)) {
    return say(
      `${where} closed the connection before the handshake`,
      'is it an sshd that listens there? it may be overloaded (MaxStartups) or refuse this address',
    );
  }
  if (error.level === 'client-authentication' || /authentication methods failed/i.test(error.message))
    return refused(target, tried, say);
  return say(`login to ${where} failed: ${error.message}`);
}

function refused(
  target: SshTarget,
  tried: readonly Tried[],
  say: (message: string, hint?: string) => UnreachableError,
): UnreachableError {
  const offered = tried.filter((one) => one.problem === undefined);
  const list =
    tried.length === 0
      ? 'there was no key and no password to try'
      : `tried ${(offered.length > 0 ? offered : tried).map((one) => one.what).join(', ')}`;
  const skipped = tried
    .filter((one) => one.problem !== undefined)
    .map((one) => `${one.what}: ${one.problem ?? ''}`);
  return say(
    `${target.host} refuses the login of ${target.user}: ${list}`,
    skipped.length > 0
      ? skipped.join('; ')
      : 'check ansible_user and ansible_ssh_private_key_file, and the authorized_keys of the host',
  );
}
