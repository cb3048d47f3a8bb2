# The run that ends `vagrant up`.
require 'shellwords'

module ProvisionVagrant
  module Converge
    @done = []
    @lock = Mutex.new

    # Called after each machine; the last one starts the run. Machines that were named one by one are left as they are.
    def self.done(name, site, env)
      @lock.synchronize do
        @done |= [name.to_s]
        return unless (site.machines.map { |machine| machine['name'] } - @done).empty?
        @done.clear
      end
      return if ARGV.include?('--no-provision')
      run(site, env)
    end

    # The folder's own is found by the run; the one that comes with the package has to be named.
    def self.playbook(site)
      own = %w[playbooks/site.yml site.yml].any? { |name| site.root.join(name).exist? }
      ENV['PROVISION_PLAYBOOK'] || (own ? [] : 'playbooks/site.yml')
    end

    def self.run(site, env)
      words = ProvisionVagrant.provision(*playbook(site), '--from-vagrant', *site.options,
                                         *Shellwords.split(ENV['PROVISION_OPTIONS'].to_s))
      env.ui.info("provision #{words.drop(2).shelljoin}", prefix: false)
      ok = Vagrant::Util::Env.with_original_env { system({ 'VAGRANT_CWD' => site.root.to_s }, *words, chdir: site.root.to_s) }
      return if ok
      raise Failure, "provision: the run ended with exit code #{$?.exitstatus}; the machines are up. " \
                     'Mend it and run: vagrant provision'
    end
  end
end
