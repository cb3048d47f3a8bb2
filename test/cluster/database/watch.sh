# Until there is a file /run/watched: looks for the passwords in the arguments and the environment of every process. The
# pattern does not match itself.
rm -f /run/watched
looks=0 found=0
until [ -e /run/watched ]; do
  looks=$((looks + 1))
  if cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | grep -a -q 'another-long-password-[0-9]'; then found=$((found + 1)); fi
done
echo "$looks looks, $found found"
