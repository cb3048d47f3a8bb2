import { HOST_IDS } from './map-ids.js';

/**
 * The program that holds one host: it boots the host, plugs the cable in, and boots it again when it ended with nspawn's code for
 * "reboot". It outlives the command that started it. Network namespace and cable are made anew for every boot, as a machine that
 * is off answers no ARP and keeps no address; the overlay is mounted in a private namespace, so that it goes with the last process.
 *
 * The host is a user namespace: its users are users of nobody else on the machine, and its root is root of itself alone. So nspawn has to
 * make the network namespace too, for one that was made outside would not be the host's to configure; the host gets its address from
 * the first process in it, before its systemd starts.
 *
 * All parameters come in through the environment: CGROUP, HOST_DIR, IMAGE, NAMESPACE, CABLE, MAC, BRIDGE, ADDRESS (with prefix
 * length), GATEWAY, MTU, MACHINE, UIDS (the first of the host's user ids on the machine).
 */
export const superviseScript = `#!/bin/sh
set -u
trap '' HUP INT TERM

plug() {
  until ip link set "$CABLE" mtu "$MTU" master "$BRIDGE" 2>/dev/null; do ends "$1" && return; done
  until ip netns attach "$NAMESPACE" "$(process)" 2>/dev/null; do ends "$1" && return; done
  [ -e "$HOST_DIR/link-down" ] || ip link set "$CABLE" up
}

# The moment in which nspawn makes what is waited for, or true: it is not there any more.
ends() {
  [ -e "/proc/$1/exe" ] || return 0
  sleep 0.02
  return 1
}

# One of the host that is in its network already; none is not a process.
process() {
  for pid in $(cat "$CGROUP/payload/cgroup.procs" "$CGROUP/payload/"*/cgroup.procs 2>/dev/null); do
    [ "$(readlink "/proc/$pid/ns/net")" = "$(readlink /proc/self/ns/net)" ] || { echo "$pid"; return; }
  done
  echo none
}

unplug() {
  ip link delete "$CABLE" 2>/dev/null
  ip netns delete "$NAMESPACE" 2>/dev/null
  return 0
}

boot() {
  mkdir -p /run/systemd/nspawn "$HOST_DIR/image" &&
    mount -t tmpfs tmpfs /run/systemd/nspawn &&
    perl "$HOST_DIR/map-ids.pl" "$IMAGE" "$HOST_DIR/image" "$UIDS" &&
    perl "$HOST_DIR/map-ids.pl" "$HOST_DIR/disk" "$HOST_DIR/disk" "$UIDS" &&
    mount -t overlay overlay -o "lowerdir=$HOST_DIR/image,upperdir=$HOST_DIR/disk/upper,workdir=$HOST_DIR/disk/work" "$HOST_DIR/root" || exit 1
  # net.* of the host's own namespace is writable, the rest of /proc/sys is the machine's
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_NSPAWN_API_VFS_WRITABLE=network \\
    exec systemd-nspawn --quiet --register=no --keep-unit --directory="$HOST_DIR/root" --machine="$MACHINE" \\
    --private-users="$UIDS:${HOST_IDS}" --private-users-ownership=off --network-veth-extra="$CABLE:eth0" \\
    --resolv-conf=off --timezone=off --link-journal=no \\
    --kill-signal=SIGRTMIN+4 --capability=CAP_NET_ADMIN,CAP_NET_RAW \\
    -- /bin/sh -c '
      {
        echo 0 >/proc/sys/net/ipv4/ip_forward &&
          echo "0 $((${HOST_IDS} - 1))" >/proc/sys/net/ipv4/ping_group_range &&
          ip link set lo up &&
          ip link set eth0 mtu "$1" address "$2" &&
          ip address add "$3" broadcast + dev eth0 &&
          ip link set eth0 up &&
          ip route add default via "$4"
      } || echo "The network of this host cannot be set up."
      exec /sbin/init' sh "$MTU" "$MAC" "$ADDRESS" "$GATEWAY"
}

if [ "\${1:-}" = boot ]; then boot; fi

exec 9>"$HOST_DIR/lock"
flock --nonblock 9 || exit 0
mkdir -p "$CGROUP" "$HOST_DIR/root" && echo $$ >"$CGROUP/cgroup.procs" || exit 1
while :; do
  unplug
  setpriv --pdeathsig KILL unshare --mount --propagation slave --pid --fork --kill-child --mount-proc -- /bin/sh "$0" boot 9>&- &
  booted=$!
  plug "$booted"
  wait "$booted"
  code=$?
  unplug
  [ "$code" = 133 ] || exit "$code"
  echo 'The host reboots.'
done
`;
