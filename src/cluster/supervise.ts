/**
 * The program that holds one host: it plugs the cable in, boots the host, and boots it again when it ended with nspawn's code for
 * "reboot". It outlives the command that started it. Network namespace and cable are made anew for every boot, as a machine that
 * is off answers no ARP and keeps no address; the overlay is mounted in a private namespace, so that it goes with the last process.
 *
 * All parameters come in through the environment: CGROUP, HOST_DIR, IMAGE, NAMESPACE, CABLE, MAC, BRIDGE, ADDRESS (with prefix
 * length), GATEWAY, MTU, MACHINE.
 */
export const superviseScript = `#!/bin/sh
set -u
trap '' HUP INT TERM

plug() {
  unplug
  ip netns add "$NAMESPACE" &&
    ip link add "$CABLE" mtu "$MTU" type veth peer name eth0 mtu "$MTU" address "$MAC" netns "$NAMESPACE" &&
    ip link set "$CABLE" master "$BRIDGE" &&
    ip netns exec "$NAMESPACE" sysctl -q -w net.ipv4.ip_forward=0 &&
    ip -n "$NAMESPACE" link set lo up &&
    ip -n "$NAMESPACE" address add "$ADDRESS" broadcast + dev eth0 &&
    ip -n "$NAMESPACE" link set eth0 up || return 1
  [ -e "$HOST_DIR/link-down" ] || ip link set "$CABLE" up
  ip -n "$NAMESPACE" route add default via "$GATEWAY"
}

unplug() {
  ip link delete "$CABLE" 2>/dev/null
  ip netns delete "$NAMESPACE" 2>/dev/null
  return 0
}

boot() {
  mkdir -p /run/systemd/nspawn &&
    mount -t tmpfs tmpfs /run/systemd/nspawn &&
    mount -t overlay overlay -o "lowerdir=$IMAGE,upperdir=$HOST_DIR/disk/upper,workdir=$HOST_DIR/disk/work" "$HOST_DIR/root" || exit 1
  # net.* of the host's own namespace is writable, the rest of /proc/sys is the machine's
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_NSPAWN_API_VFS_WRITABLE=network \\
    exec systemd-nspawn --quiet --register=no --keep-unit --boot --directory="$HOST_DIR/root" --machine="$MACHINE" \\
    --network-namespace-path="/run/netns/$NAMESPACE" --resolv-conf=off --timezone=off --link-journal=no \\
    --kill-signal=SIGRTMIN+4 --capability=CAP_NET_ADMIN,CAP_NET_RAW
}

if [ "\${1:-}" = boot ]; then boot; fi

exec 9>"$HOST_DIR/lock"
flock --nonblock 9 || exit 0
mkdir -p "$CGROUP" "$HOST_DIR/root" && echo $$ >"$CGROUP/cgroup.procs" || exit 1
while :; do
  plug || { unplug; exit 1; }
  setpriv --pdeathsig KILL unshare --mount --propagation slave --pid --fork --kill-child --mount-proc -- /bin/sh "$0" boot 9>&-
  code=$?
  unplug
  [ "$code" = 133 ] || exit "$code"
  echo 'The host reboots.'
done
`;
