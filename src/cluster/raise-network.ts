import type { Context } from './context.js';
import { namedServices } from './apt-sources.js';
import { nameserversOf } from './host-files.js';
import { readRecipe } from './image.js';
import { readResolvConf } from './machine.js';
import { bridgeName } from './names.js';
import { networkUp } from './network.js';
import { cabledHosts, forwardDrops, interfaceExists, outwardMtu } from './observe.js';
import { attempt, run } from './run.js';
import type { ClusterState } from './state.js';

/** Bridge, routes and firewall of the cluster, whole again whatever was left of them. Returns the largest packet, bytes. */
export async function raiseNetwork({ spec }: ClusterState, { signal }: Context): Promise<number> {
  const hosts = spec.hosts.map((host) => host.name);
  const mtu = await outwardMtu();
  const suites = [...new Set(spec.hosts.map((host) => host.suite))];
  const recipes = await Promise.all(suites.map(readRecipe));
  const commands = networkUp(spec, {
    bridge: await interfaceExists(bridgeName(spec.name)),
    cabled: await cabledHosts(spec.name, hosts),
    mtu,
    nameservers: nameserversOf(await readResolvConf()),
    mirrors: namedServices(recipes.flatMap(({ sources, aptSettings }) => [...sources, ...aptSettings])),
    forwardDrops: await forwardDrops(),
  });
  for (const { argv, input, mayFail } of commands) {
    const options = { signal, ...(input === undefined ? {} : { input }) };
    await (mayFail ? attempt(argv, options) : run(argv, options));
  }
  return mtu;
}
