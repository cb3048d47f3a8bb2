import { fileURLToPath } from 'node:url';
import { createProject } from '../test/cluster/support.js';

/**
 * `npm run drill:corpus`: odd schemas on real servers, MariaDB of two releases and MySQL. What the role's backups hold of them has to come back to the
 * bit, or is named by the run that takes the backup (corpus/drill.sh). Some minutes.
 */
const inventory = `all:
  vars:
    cluster_name: demo
    cluster_subnet: 10.77.0.0/24
    ansible_user: admin
    ansible_become: true
    ansible_ssh_private_key_file: <%= inventory_dir %>/../.provision/cluster/demo/id_ed25519
    ansible_ssh_common_args: -o UserKnownHostsFile=<%= quote(\`\${inventory_dir}/../.provision/cluster/demo/known_hosts\`) %>
    mysql_innodb_buffer_pool_size: 128M
    mysql_binlog: true
  children:
    databases:
      hosts:
        trixie: { ansible_host: 10.77.0.41, cluster_suite: trixie }
        bookworm: { ansible_host: 10.77.0.42, cluster_suite: bookworm }
        sid: { ansible_host: 10.77.0.43, cluster_suite: sid, mysql_flavor: mysql }
`;
const folder = fileURLToPath(new URL('corpus/', import.meta.url));

const project = await createProject({ cluster: 'corpus', range: 82, inventory });
try {
  await project.write(
    'site.yml',
    `- hosts: databases
  roles: [mysql]
  tasks:
    - copy: { src: ${JSON.stringify(folder)}, dest: /root/corpus/ }
    # What takes longer than a request may be silent.
    - shell: { cmd: bash drill.sh, chdir: /root/corpus }
      timeout: 1800
      register: drill
      failed_when: false
    - debug: { msg: "<%= drill.stdout %>" }
    - assert: { that: drill.rc === 0, fail_msg: "<%= drill.rc %> of the corpus do not hold" }
`,
  );
  await must('cluster', 'up', '-i', project.inventory);
  const ran = await project.provision('-i', project.inventory, 'site.yml', '--no-verify');
  process.stdout.write(ran.text);
  process.exitCode = ran.status === 0 && !ran.text.includes('FAILS:') ? 0 : 1;
} finally {
  await project.provision('cluster', 'down', '-i', project.inventory);
  await project.remove();
}

async function must(...args: readonly string[]): Promise<void> {
  const { status, text } = await project.provision(...args);
  if (status !== 0) throw new Error(text);
}
