#!/bin/sh
# Makes what has to be secret, once, as files in secrets/: ./init.sh [--self-signed NAME]
# With --self-signed a certificate for NAME, to try things out; else put yours there, as secrets/tls.pem and secrets/tls-key.pem.
# Run by root, it gives them to a user of the site's own: nothing there is to run as root.
set -eu
umask 077
cd "$(dirname "$0")"
name=
case ${1-} in
  '') ;;
  --self-signed) name=${2:?--self-signed needs the name of this machine} ;;
  *) echo "usage: ./init.sh [--self-signed NAME]" >&2; exit 2 ;;
esac
mkdir -p secrets state/server state/agent
# A file that is there stays as it is.
make() { [ -s "secrets/$1" ] || { printf '%s\n' "$2" >"secrets/$1.new" && mv "secrets/$1.new" "secrets/$1"; }; }
make postgres-password "$(openssl rand -hex 32)"
make admin-key "$(openssl rand -hex 32)"
# Compose wants the file to be there; the key comes from `waterflow keys new`.
[ -e secrets/agent-key ] || : >secrets/agent-key
if [ -n "$name" ] && ! [ -e secrets/tls.pem ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj "/CN=$name" -addext "subjectAltName=DNS:$name" \
    -keyout secrets/tls-key.pem -out secrets/tls.pem 2>/dev/null
fi
[ -e secrets/tls.pem ] || echo "still missing: secrets/tls.pem and secrets/tls-key.pem, the proxy's certificate and key" >&2
owner=$(stat -c %u secrets)
if [ "$(id -u)" = 0 ]; then
  [ "$owner" != 0 ] || owner=10001
  chown -R "$owner:$owner" secrets state
fi
# Temporal doesn't start as a user who has no name.
printf 'waterflow:x:%s:%s::/tmp:/usr/sbin/nologin\n' "$owner" "$owner" >state/passwd
chmod 644 state/passwd
echo "WATERFLOW_UID=$owner"
