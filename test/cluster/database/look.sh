# Looks for the passwords in everything that could have been left on a server.
if find /tmp /var/tmp /var/log /var/backups /var/lib /run /etc /root /home -xdev -type f -exec grep -a -l 'another-long-password-[0-9]' {} +; then
  exit
fi
if journalctl --output cat | grep 'another-long-password-[0-9]'; then exit; fi
echo nowhere
