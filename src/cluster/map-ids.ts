/** As many user ids as a host has, and the greatest that a plain Debian knows (`nobody`) is among them. */
export const HOST_IDS = 65_536;

/**
 * A program that mounts a folder so that its user and group ids 0 to 65535 are those from BASE on: `perl map-ids.pl FROM TO BASE`.
 * On the disk they stay what they are. Perl, because it is the one language on every Debian that can make these calls, and the mount(8)
 * of Debian 12 cannot (X-mount.idmap came with util-linux 2.39). The three calls have the same numbers on every architecture.
 *
 * Id 65536 of the disk is root of the machine: the overlay makes its own files in the work folder as that one, and without a place in the
 * mapping it would be read-only.
 */
export const mapIdsProgram = `use strict;
my ($from, $to, $base) = @ARGV;
my ($AT_FDCWD, $OPEN_TREE, $MOVE_MOUNT, $MOUNT_SETATTR) = (-100, 428, 429, 442);
my ($CLONE, $CLOEXEC, $FROM_EMPTY_PATH, $AT_EMPTY_PATH, $IDMAP) = (1, 0x80000, 4, 0x1000, 0x100000);

# A process that only holds a user namespace with the mapping, and ends with this one.
my $holder = open(my $pipe, '|-', 'unshare', '--user', 'cat') or die "unshare: $!\\n";
my $own = readlink '/proc/self/ns/user';
for (my $tries = 0; (readlink("/proc/$holder/ns/user") // $own) eq $own; $tries++) {
  die "no user namespace\\n" if $tries == 500;
  select(undef, undef, undef, 0.005);
}
for my $kind ('uid', 'gid') {
  open(my $map, '>', "/proc/$holder/\${kind}_map") or die "\${kind}_map: $!\\n";
  syswrite($map, "0 $base ${HOST_IDS}\\n${HOST_IDS} 0 1\\n") or die "\${kind}_map: $!\\n";
}
open(my $namespace, '<', "/proc/$holder/ns/user") or die "user namespace: $!\\n";

# syscall() takes variables alone for texts.
my ($source, $target, $empty) = ("$from\\0", "$to\\0", "\\0");
my $tree = syscall($OPEN_TREE, $AT_FDCWD, $source, $CLONE | $CLOEXEC);
die "$from cannot be mounted: $!\\n" if $tree < 0;
my $attributes = pack('QQQQ', $IDMAP, 0, 0, fileno $namespace);
syscall($MOUNT_SETATTR, $tree, $empty, $AT_EMPTY_PATH, $attributes, 32) == 0
  or die "ids of $from cannot be mapped: $! (that needs Linux 5.19, and ext4, xfs, btrfs or tmpfs)\\n";
syscall($MOVE_MOUNT, $tree, $empty, $AT_FDCWD, $target, $FROM_EMPTY_PATH) == 0
  or die "nothing can be mounted at $to: $!\\n";
`;
