# Until there is a file `stop`: five clients a server that keep their connection, and one that logs in again and again.
# Prints how many kept it, and how many logins went well and did not.
cd /run/clients || exit 1
for address in 10.77.0.41 10.77.0.42 10.77.0.43; do
  for number in 1 2 3 4 5; do
    {
      until [ -e stop ]; do
        echo 'SELECT CONNECTION_ID();'
        sleep 0.3
      done | mariadb --defaults-file=options --skip-reconnect --unbuffered --skip-column-names --host=$address >one.$address.$number &&
        [ "$(sort -u one.$address.$number | wc -l)" = 1 ] && : >kept.$address.$number
    } &
  done
  until [ -e stop ]; do
    if mariadb --defaults-file=options --host=$address --execute='SELECT 1' >/dev/null 2>>refused; then echo in; else echo out; fi
  done >logins.$address &
done
wait
echo "$(find . -name 'kept.*' | wc -l) $(cat logins.* | grep -c in) $(cat logins.* | grep -c out)"
