# What `provision inventory --for-vagrant` says of an inventory, and what is kept beside Vagrant's own data in .vagrant/provision.
require 'digest'
require 'fileutils'
require 'ipaddr'
require 'json'
require 'open3'
require 'pathname'

module ProvisionVagrant
  class Failure < Vagrant::Errors::VagrantError
    def initialize(message)
      @text = message
      super()
    end

    def error_message
      @text
    end
  end

  # The command, as words.
  def self.provision(*arguments)
    ['node', File.expand_path('../../bin/provision.js', __dir__), *arguments]
  end

  # Options for both reading the inventory and the run, from the environment.
  def self.vault_options
    file = ENV['PROVISION_VAULT_PASSWORD_FILE']
    file ? ['--vault-password-file', File.expand_path(file)] : []
  end

  class Inventory
    DEMO = File.expand_path('../../inventory/demo.yml', __dir__)

    attr_reader :sources, :root

    # Vagrant loads the file once for each of its purposes; the inventory is read once.
    def self.read
      @read ||= new
    end

    def initialize
      @root = find_root
      @data = Pathname.new(File.expand_path(ENV['VAGRANT_DOTFILE_PATH'] || '.vagrant', @root))
      @sources = ENV['PROVISION_INVENTORY'] ? named : (remembered || [DEMO])
      @spec = ask
    rescue Failure => e
      # What is there can be halted and destroyed without its inventory.
      raise if made.empty? || (ARGV & %w[destroy halt status]).empty?
      # Not `warn`: Vagrant runs without warnings.
      $stderr.puts "#{e.message}\nThe machines that exist can be halted and destroyed all the same."
      @spec = { 'machines' => [], 'subnet' => '0.0.0.0/0', 'gateway' => '0.0.0.0' }
    end

    def machines
      @spec['machines']
    end

    def gateway
      @spec['gateway']
    end

    def prefix
      @spec['subnet'].split('/').last
    end

    def subnet
      IPAddr.new(@spec['subnet'])
    end

    def netmask
      IPAddr.new('255.255.255.255').mask(prefix).to_s
    end

    # The same for the same folder, so that two projects keep apart.
    def network_name
      "pv-#{Digest::SHA256.hexdigest(@root.to_s)[0, 10]}"
    end

    # Names of the machines that exist.
    def made
      Dir[@data.join('machines', '*', '*', 'id')].map { |file| Pathname.new(file).parent.parent.basename.to_s }
    end

    def strays
      made - machines.map { |machine| machine['name'] }
    end

    def remember
      FileUtils.mkdir_p(own)
      File.write(own('inventory'), "#{@sources.join("\n")}\n")
    end

    def forget_login(name)
      FileUtils.rm_f(own(name.to_s, 'ssh-config'))
    end

    def forget(name)
      FileUtils.rm_rf(own(name.to_s))
      FileUtils.rm_rf(own) if made.empty?
    end

    def options
      @sources.flat_map { |source| ['-i', source] } + ProvisionVagrant.vault_options
    end

    private

    def own(*names)
      @data.join('provision', *names)
    end

    # As Vagrant looks for it: this file may have been loaded by another one.
    def find_root
      names = ENV['VAGRANT_VAGRANTFILE'] ? [ENV['VAGRANT_VAGRANTFILE']] : %w[Vagrantfile vagrantfile]
      start = Pathname.new(File.expand_path(ENV['VAGRANT_CWD'] || '.'))
      start.ascend.find { |folder| names.any? { |name| folder.join(name).file? } } || start
    end

    # Several sources have a colon between them, as in PATH. A list of hosts ("web1,") is no file.
    def named
      ENV['PROVISION_INVENTORY'].split(File::PATH_SEPARATOR).reject(&:empty?).map do |source|
        source.include?(',') ? source : File.expand_path(source)
      end
    end

    def remembered
      file = own('inventory')
      file.read.split("\n") if file.file? && !made.empty?
    end

    def ask
      out, err, status = Vagrant::Util::Env.with_original_env do
        Open3.capture3(*ProvisionVagrant.provision('inventory', '--for-vagrant', *options))
      end
      raise Failure, "provision: #{err.strip}" unless status.success?
      JSON.parse(out)
    rescue Errno::ENOENT
      raise Failure, 'provision: node is not in PATH; install Node.js 20.19 or later'
    end
  end
end
