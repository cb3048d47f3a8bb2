import SSHConfig from 'ssh-config';
import { ConfigurationError, messageOf } from '../errors.js';
import { setSshOption, type SshOptions } from './ssh-args.js';

const parsed = new Map<string, SSHConfig>();

/**
 * What a text in the form of ssh_config(5) says about a host. What is not understood is left out: the file is written for
 * ssh. `Match exec` never holds and no name is looked up: reading a file must not run programs.
 * @throws ConfigurationError when the text cannot be read
 */
export function sshConfigOf(host: string, text: string | undefined): SshOptions {
  const options: SshOptions = {};
  if (text === undefined) return options;
  const settings = configOf(text).compute({ Host: host }, { ignoreCase: true, matchExec: false });
  for (const [name, value] of Object.entries(settings)) {
    if (name === 'host') continue;
    const repeats = name === 'identityfile' && Array.isArray(value);
    for (const one of repeats ? value : [[value].flat().join(' ')]) setSshOption(name, one, options, host);
  }
  return options;
}

function configOf(text: string): SSHConfig {
  let config = parsed.get(text);
  if (!config) {
    try {
      config = SSHConfig.parse(text.replace(/^[ \t]*CanonicalizeHostName.*$/gim, ''));
    } catch (error) {
      throw new ConfigurationError(`~/.ssh/config cannot be read: ${messageOf(error)}`, {
        hint: 'ssh -G HOST shows what ssh makes of it.',
      });
    }
    parsed.set(text, config);
  }
  return config;
}
