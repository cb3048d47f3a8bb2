/**
 * sh that makes `ask`, which gives a line of commands to HAProxy's socket (`$socket`) and prints its answer. perl is essential on
 * Debian and Ubuntu, socat is not.
 */
export const ASK = `ask() {
  if command -v socat >/dev/null; then
    printf '%s\\n' "$1" | socat -t 10 - "UNIX-CONNECT:$socket"
  else
    printf '%s\\n' "$1" | perl -MIO::Socket::UNIX -e 'my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "$ARGV[0]: $!\\n";
      print $s <STDIN>; $s->flush; print while <$s>;' "$socket"
  fi
}`;
