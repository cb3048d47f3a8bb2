// `npm run demo`: seven bare hosts, converged and verified, and how to look at them.
import { spawnSync } from 'node:child_process';

const inventory = 'inventory/demo.yml';
provision('cluster', 'up', '-i', inventory);
provision('--inventory', inventory, ...process.argv.slice(2));
console.log(`
The site is up:       http://10.77.0.100/   (the virtual address; curl it from this machine)
With TLS:             curl --cacert .provision/secrets/demo/site.pem https://10.77.0.100/
Run it again:         node bin/provision.js -i ${inventory}
Break it:             node bin/provision.js exec -i ${inventory} lb1 -- systemctl stop haproxy
  and watch:          while sleep 0.2; do curl -s -m 1 -o /dev/null -w '%{http_code}\\n' http://10.77.0.100/; done
Log in:               node bin/provision.js cluster ssh -i ${inventory} web1
Bare again:           node bin/provision.js cluster reset -i ${inventory} web1
Remove everything:    npm run demo:down`);

function provision(...args) {
  const { status } = spawnSync(process.execPath, ['bin/provision.js', ...args], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
