import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createProject, needsCluster, recapOf, type Project, type Ran } from './support.js';

/** `npm run drill:packages`: the module apt on real hosts, Debian 13 and 12, with packages made for it. */
const inventory = `all:
  vars:
    cluster_name: demo
    cluster_subnet: 10.77.0.0/24
    ansible_user: admin
    ansible_become: true
    ansible_ssh_private_key_file: <%= inventory_dir %>/../.provision/cluster/demo/id_ed25519
    ansible_ssh_common_args: -o UserKnownHostsFile=<%= quote(\`\${inventory_dir}/../.provision/cluster/demo/known_hosts\`) %>
  hosts:
    trixie: { ansible_host: 10.77.0.11 }
    bookworm: { ansible_host: 10.77.0.12, cluster_suite: bookworm }
`;

describe('packages on real hosts', function () {
  let project: Project;
  const on = (code: string): Promise<Ran> =>
    project.provision('exec', '-i', project.inventory, '-T', '300', 'all', '--', code);

  before(async function () {
    needsCluster(this);
    project = await createProject({ cluster: 'drill-packages', range: 91, inventory });
    succeeded(await project.provision('cluster', 'up', '-i', project.inventory));
    succeeded(await on(lab));
  });

  after(async () => {
    if (!project) return;
    await project.provision('cluster', 'down', '-i', project.inventory);
    await project.remove();
  });

  async function play(tasks: string, ...args: string[]): Promise<Ran> {
    await project.write('play.yml', playOf(tasks));
    return project.provision('-i', project.inventory, 'play.yml', ...args);
  }

  it('what a package pushes out is in the plan, the saved plan and the result', async () => {
    const task = '- { name: conflict, apt: { name: labnew } }';
    const dry = await play(task, '--check', '--diff');
    const wanted = /\+ labnew {2}version: 1\n +- labuser {2}version: 1\n +- labold {2}version: 1\n/;
    expect(dry.text).to.match(wanted);
    succeeded(await project.provision('plan', '-i', project.inventory, 'play.yml', '-o', 'plan.json'));
    const saved = await readFile(join(project.dir, 'plan.json'), 'utf8');
    expect(saved).to.contain('"subject": "labold"').and.to.contain('"subject": "labuser"');
    const applied = await project.provision('apply', 'plan.json');
    succeeded(applied);
    expect(applied.text).to.match(wanted);
    expect(
      (await on('dpkg-query -W -f "\\${db:Status-Status} \\${Package}\\n" labnew labold 2>/dev/null; true'))
        .stdout,
    )
      .to.contain('\ninstalled labnew')
      .and.not.to.contain('\ninstalled labold');
    expect((await play(task, '--check', '--exit-code')).status).to.equal(0);
  });

  it('what apt would refuse fails in the dry run, with its reason', async () => {
    for (const module of ['apt', 'package']) {
      const broken = await play(`- { ${module}: { name: labbroken } }`, '--check');
      expect(broken.status).to.equal(1);
      expect(broken.text).to.contain('labbroken : Depends: nobody-has-this but it is not installable');
      const held = await play(`- { ${module}: { name: labheld, state: latest } }`, '--check');
      expect(held.status).to.equal(1);
      expect(held.text)
        .to.contain('labheld is held on this host')
        .and.to.contain('labheld: 1 -> 2')
        .and.to.contain('apt-mark unhold labheld');
    }
    expect((await play('- { apt: { name: labheld=0, allow_downgrade: false } }')).text).to.contain(
      'labheld is held',
    );
    expect((await play('- { apt: { name: labmany=1 } }')).text)
      .to.contain('labmany would be downgraded')
      .and.to.contain('allow_downgrade: true');
    succeeded(await play('- { apt: { name: labheld, state: latest, allow_change_held_packages: true } }'));
    expect((await on('dpkg-query -W -f "\\${Version}" labheld')).stdout).to.match(/^2\n(?:.*\n)*2$/m);
  });

  it('a script of a package that fails is shown with what it said', async () => {
    const failed = await play('- { apt: { name: labfail } }');
    expect(failed.text)
      .to.contain('apt-get install labfail failed: exit code 100')
      .and.to.contain('|   the reason is here')
      .and.to.contain('dpkg: error processing package labfail')
      .and.not.to.contain('Reading database ... 5%');
    const again = await play('- { apt: { name: labfail } }', '--check');
    expect(again.text).to.contain('labfail  configuration: unfinished -> finished');
    succeeded(await on('dpkg --purge labfail'));
  });

  it('lists are fetched where they decide, and fetching is no change', async () => {
    const tasks = `
- { name: always, apt: { name: labup, state: latest, update_cache: true }, notify: restart }
- { name: hourly, apt: { name: labup, state: latest, update_cache: true, cache_valid_time: 3600 }, notify: restart }`;
    const old = 'touch -d "2 hours ago" /var/lib/apt/lists /var/lib/apt/periodic/update-success-stamp';
    succeeded(await play(tasks));
    succeeded(await on(`${old}; touch /srv/before; sleep 0.01`));
    const same = await play(tasks);
    succeeded(same);
    expect(same.text).to.contain('0 changed on 0 hosts').and.not.to.contain('restart');
    expect(
      (await on('find /var/lib/apt/periodic/update-success-stamp -newer /srv/before')).stdout.match(/stamp/g),
    ).to.have.length(2);
    // What only fresh lists know.
    succeeded(await on(`${more}; ${old}`));
    const dry = await play(tasks, '--check', '--exit-code');
    expect(dry.status).to.equal(2);
    expect(dry.text, dry.text).to.match(
      /~ package lists {2}age: \S.* -> fetched now\n +~ labup {2}version: 2 -> 3/,
    );
    succeeded(await project.provision('plan', '-i', project.inventory, 'play.yml', '-o', 'plan.json'));
    const newer = await project.provision('apply', 'plan.json');
    succeeded(newer);
    expect(newer.text)
      .to.match(/~ labup {2}version: 2 -> 3/)
      .and.to.contain('restart');
    for (const { changed } of recapOf(newer.text).values()) expect(changed).to.equal(2);
  });
});

function playOf(tasks: string): string {
  const indented = tasks.trim().replaceAll('\n', '\n    ');
  return `- hosts: all\n  tasks:\n    ${indented}\n  handlers:\n    - { name: restart, command: echo restart }\n`;
}

const make = `set -eu
mkdir -p /srv/lab; cd /srv/lab
mk() {
  name=$1 version=$2; shift 2
  mkdir -p t/DEBIAN
  { printf 'Package: %s\\nVersion: %s\\nArchitecture: all\\nMaintainer: a <a@example.com>\\nDescription: x\\n' "$name" "$version"
    for field; do echo "$field"; done; } >t/DEBIAN/control
  [ ! -e post ] || { mv post t/DEBIAN/postinst; chmod 755 t/DEBIAN/postinst; }
  dpkg-deb -Zgzip --root-owner-group -b t "$name"_"$version".deb >/dev/null; rm -r t
}
publish() {
  for deb in *.deb; do
    dpkg-deb -f "$deb"; echo "Filename: ./$deb"; echo "Size: $(stat -c %s "$deb")"; echo "SHA256: $(sha256sum "$deb" | cut -d' ' -f1)"; echo
  done >Packages
  printf 'Origin: lab\\nSuite: lab\\nDate: %s\\nSHA256:\\n %s %s Packages\\n' "$(date -Ru)" "$(sha256sum Packages | cut -d' ' -f1)" "$(stat -c %s Packages)" >Release
}
`;

const lab = `${make}
mk labold 1; mk labuser 1 'Depends: labold'; mk labnew 1 'Conflicts: labold' 'Replaces: labold'
mk labbroken 1 'Depends: nobody-has-this'
printf '#!/bin/sh\\necho the reason is here\\necho warn >&2\\nexit 3\\n' >post; mk labfail 1
mk labup 1; mk labup 2; mk labheld 0; mk labheld 1; mk labheld 2; mk labmany 1; mk labmany 2
publish
echo 'deb [trusted=yes] file:/srv/lab ./' >/etc/apt/sources.list.d/lab.list
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq labuser labold labup=1 labheld=1 labmany=2 >/dev/null 2>&1
apt-mark hold labheld`;

const more = `${make}
mk labup 3; publish`;

function succeeded(ran: Ran): void {
  expect(ran.status, ran.text.slice(-6000)).to.equal(0);
}
