# Containers: a second network card on a bridge of the project's own, limits, and what has to be there before the first start.
module ProvisionVagrant
  module Lxc
    module_function

    def configure(container, machine, site)
      container.tmpfs_mount_size = ''
      container.ssh_ip_addr = machine['address']
      cards(machine, site).each_with_index do |card, index|
        card.each { |key, value| container.customize "net.#{index}.#{key}", value }
      end
      limits(machine).each { |key, value| container.customize key, value }
    end

    def prepare(env, machine, site)
      bridge = '/sys/class/net/lxcbr0'
      raise Failure, "LXC's network lxcbr0 is not up. Start it: sudo systemctl start lxc-net, or sudo /usr/libexec/lxc/lxc-net start" unless Dir.exist?(bridge)
      box = machine.config.vm.box
      if box.start_with?('provision/') && env.boxes.find(box, :lxc, '>= 0').nil?
        script = File.expand_path('../boxes/build-lxc', __dir__)
        raise Failure, "There is no box #{box} for lxc yet. Build it once: #{script} #{box.split('/').last}"
      end
      @lock.synchronize do
        warn_of_inotify(env)
        raise_bridge(site)
      end
    end

    # Several machines can be the last one at the same time.
    def clean_up(site)
      @lock.synchronize do
        sudo('ip', 'link', 'delete', site.network_name) if Dir.exist?("/sys/class/net/#{site.network_name}")
      end
    end

    @lock = Mutex.new

    # The addresses of the cards do not change when the container starts again, or the neighbours would look for the old ones.
    def cards(machine, site)
      seed = Digest::SHA256.hexdigest("#{site.root}/#{machine['name']}").scan(/../)
      hardware = ->(number) { ['02', format('%02x', number), *seed.first(4)].join(':') }
      [
        { 'type' => 'veth', 'link' => 'lxcbr0', 'flags' => 'up', 'name' => 'eth0', 'hwaddr' => hardware.call(0) },
        { 'type' => 'veth', 'link' => site.network_name, 'flags' => 'up', 'name' => 'eth1', 'hwaddr' => hardware.call(1),
          'ipv4.address' => "#{machine['address']}/#{site.prefix}" },
      ]
    end

    def limits(machine)
      period = 100_000
      quota = machine['cpus'] * period
      if File.exist?('/sys/fs/cgroup/cgroup.controllers')
        { 'cgroup2.memory.max' => "#{machine['memory']}M", 'cgroup2.cpu.max' => "#{quota} #{period}" }
      else
        { 'cgroup.memory.limit_in_bytes' => "#{machine['memory']}M", 'cgroup.cpu.cfs_quota_us' => quota.to_s }
      end
    end

    # All systemds of the machine share it; without one more a unit fails that has nothing to do with the site.
    def warn_of_inotify(env)
      most = File.read('/proc/sys/fs/inotify/max_user_instances').to_i
      return if most >= 512 || @warned
      @warned = true
      env.ui.warn("fs.inotify.max_user_instances is #{most}, enough for about ten containers: " \
                  'sudo sysctl fs.inotify.max_user_instances=1024 allows more', prefix: false)
    end

    def raise_bridge(site)
      name = site.network_name
      return if Dir.exist?("/sys/class/net/#{name}")
      taken = taken_by(site.subnet)
      raise Failure, "The network #{site.subnet}/#{site.prefix} is in use on this machine: #{taken}. Set vagrant_address of the hosts, or take the other network down." if taken
      sudo('ip', 'link', 'add', name, 'type', 'bridge')
      sudo('ip', 'address', 'add', "#{site.gateway}/#{site.prefix}", 'dev', name)
      sudo('ip', 'link', 'set', name, 'up')
    end

    # Another interface, or a route, that has a part of the range.
    def taken_by(subnet)
      `ip -4 -o route show table all`.lines.map(&:strip).find do |line|
        words = line.split
        words.shift if %w[local broadcast blackhole unreachable prohibit throw].include?(words.first)
        range = words.first.to_s
        next if range == 'default' || !range.match?(/\A[\d.]+(\/\d+)?\z/)
        other = IPAddr.new(range)
        other.include?(subnet) || subnet.include?(other)
      end
    end

    def sudo(*words)
      command = Process.uid.zero? ? words : ['sudo', *words]
      raise Failure, "`#{command.join(' ')}` failed" unless Vagrant::Util::Env.with_original_env { system(*command) }
    end
  end
end
