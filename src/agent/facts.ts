/** Names that the facts of a host may have, apart from those of its interfaces. */
export const factNames: readonly string[] = [
  'distribution', 'distribution_release', 'distribution_version', 'distribution_major_version', 'os_family', 'system',
  'architecture', 'machine', 'kernel', 'kernel_version', 'hostname', 'fqdn', 'domain', 'nodename',
  'memtotal_mb', 'memfree_mb', 'memory_mb', 'swaptotal_mb', 'swapfree_mb',
  'processor_vcpus', 'processor_count', 'processor_cores', 'processor_nproc',
  'interfaces', 'all_ipv4_addresses', 'all_ipv6_addresses', 'default_ipv4', 'default_ipv6',
  'mounts', 'devices_total_mb', 'service_mgr', 'systemd_version', 'pkg_mgr', 'virtualization_type',
  'uptime_seconds', 'date_time', 'user_id', 'user_uid', 'user_dir', 'machine_id', 'dns',
];
