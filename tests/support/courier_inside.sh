#!/usr/bin/env bash
# courier_inside.sh DIR PREFIX PORT: the inside of a user, mount and pid namespace (see courier_server.cpp).
# Courier's paths are compiled in and its packages conflict with Dovecot's, so PREFIX is laid over /usr and /etc here.
set -euo pipefail
dir=$1 prefix=$2 port=$3
export LD_PRELOAD=$dir/no_groups.so

mount -t overlay overlay -o "lowerdir=$prefix/usr:/usr" /usr
mount -t overlay overlay -o "lowerdir=$prefix/etc:/etc" /etc
mkdir -p "$dir/etc"
cp -r "$prefix/etc/courier" "$dir/etc/"
mount --bind "$dir/etc/courier" /etc/courier # a copy that can be written to
mount -t tmpfs tmpfs /run
mkdir -p /run/courier/authdaemon

sed -i 's/^authmodulelist=.*/authmodulelist="authuserdb"/; s/^daemons=.*/daemons=2/' /etc/courier/authdaemonrc
sed -i "s/^ADDRESS=.*/ADDRESS=127.0.0.1/; s/^PORT=.*/PORT=$port/; s/^MAXPERIP=.*/MAXPERIP=200/
  s/^MAXDAEMONS=.*/MAXDAEMONS=200/; s/^IMAP_ULIMITD=.*/IMAP_ULIMITD=/; s/^IMAP_EMPTYTRASH=.*/IMAP_EMPTYTRASH=/" \
  /etc/courier/imapd
mkdir -p /etc/courier/userdb
chmod 700 /etc/courier/userdb
: >/etc/courier/userdb/users
chmod 600 /etc/courier/userdb/users
for user in alice bob; do
  if [[ ! -d $dir/mail/$user/Maildir ]]; then
    mkdir -p "$dir/mail/$user"
    maildirmake.courier "$dir/mail/$user/Maildir"
  fi
  printf '%s\thome=%s|mail=%s|uid=0|gid=0|imappw=%s\n' "$user" "$dir/mail/$user" "$dir/mail/$user/Maildir" \
    "$(openssl passwd -1 "${user}pw")" >>/etc/courier/userdb/users
done
makeuserdb
/usr/lib/courier/courier-authlib/authdaemond &
deadline=$((SECONDS + 20))
until [[ -S /run/courier/authdaemon/socket ]]; do
  if ((SECONDS > deadline)); then
    echo "authdaemond does not start" >&2
    exit 1
  fi
  sleep 0.02
done
set -a
# shellcheck disable=SC1091  # Courier's own settings
source /etc/courier/imapd
set +a
IMAP_STARTTLS=NO exec couriertcpd -address=127.0.0.1 -maxprocs=200 -maxperip=200 -nodnslookup -noidentlookup "$port" \
  /usr/lib/courier/courier/imaplogin /usr/bin/imapd Maildir
