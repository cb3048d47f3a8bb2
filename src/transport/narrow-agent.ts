import ssh2, { type ParsedKey, type SignCallback, type SigningRequestOptions } from 'ssh2';
import type { SshTarget } from './target.js';
import { publicKeysOf, refusedSignature, unfit } from './user-key.js';

const { OpenSSHAgent } = ssh2;

/**
 * The user's ssh-agent, reduced to what the options of a host allow: with IdentitiesOnly to the keys of its files, always to keys and
 * signatures that are accepted.
 */
export function narrowAgent(socket: string, target: SshTarget): InstanceType<typeof OpenSSHAgent> {
  return new NarrowAgent(socket, target);
}

type Identities = Parameters<InstanceType<typeof OpenSSHAgent>['getIdentities']>[0];

class NarrowAgent extends OpenSSHAgent {
  readonly #target: SshTarget;

  constructor(socket: string, target: SshTarget) {
    super(socket);
    this.#target = target;
  }

  override getIdentities(callback: Identities): void {
    const only = this.#target.identitiesOnly ? publicKeysOf(this.#target.privateKeyFiles) : undefined;
    super.getIdentities((error, keys) => {
      // Keys as they are, whatever the types say: an entry with a comment beside is what agents of a server have.
      const fitting = (keys as ParsedKey[] | undefined)?.filter(
        (key) =>
          unfit(key, this.#target) === undefined &&
          (only === undefined || only.some((one) => one.equals(key.getPublicSSH()))),
      );
      callback(error, fitting);
    });
  }

  override sign(
    key: ParsedKey,
    data: Buffer,
    options?: SigningRequestOptions | SignCallback,
    callback?: SignCallback,
  ): boolean {
    const [how, done] = typeof options === 'function' ? [{}, options] : [options ?? {}, callback];
    const refused = refusedSignature(key.type, how.hash, this.#target);
    if (refused === undefined) return super.sign(key, data, how, done);
    done?.(refused);
    return true;
  }
}
