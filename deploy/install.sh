#!/bin/sh
# shellcheck disable=SC2016 # Backticks in messages are for readers.
# Installs Waterflow from the bundle that this file lies in, upgrades it, goes back, and removes it. Asks no network. See docs/install.md.
set -eu
umask 022

usage() {
  cat <<'TEXT'
Usage: install.sh server|agent|temporal [options]
                                           install this bundle in that role; over an older version, upgrade to it
       install.sh upgrade [options]        upgrade the roles that are installed here to this bundle
       install.sh configure server|agent|temporal [options]
                                           change settings and keys of a role that is installed here; needs no bundle
       install.sh rollback                 go back to the version before; once more: to the newer one again
       install.sh uninstall [server|agent|temporal] [--purge]
                                           remove that role, or all of the product; with --purge state, settings and users as well
       install.sh status                   say what is installed

Which bundle:
  --key FILE         the .pub file of whom you trust to make bundles; checked with openssl
  --unsigned         don't check the signature: `waterflow bundle verify` did, on another machine

Settings, kept in /etc/waterflow over upgrades:
  --set NAME=VALUE   a variable of docs/server.md or docs/agents.md, as PORT=8080 or TASK_QUEUES=deploy; may be repeated
  --answers FILE     a file of such lines
  --config FILE      becomes /etc/waterflow/ROLE.yaml
  --policy FILE      becomes /etc/waterflow/policy.yaml
  --key-file NAME=FILE
                     a key that systemd hands to the service, and that nobody but root reads on disk; may be repeated. Of an agent:
                     server-key, queue-keys, payload-keys, temporal-tls-key, vault-secret-id; of a server: admin-key, payload-keys,
                     temporal-tls-key, tls-key; of Temporal: temporal-tls-key

Plugins of the bundle, which are laid down and not installed by themselves:
  --trust FILE       becomes /etc/waterflow/trust.yaml: whose signatures count (docs/trust.md)
  --approve DIGEST   install the plugin with that digest, and let it do what it asks for; `all` for each of the bundle; may be repeated

How:
  --no-start         start nothing, and restart nothing
  --root FOLDER      install below that folder, for images: no user is made and nothing is started
TEXT
}

told=''
fail() {
  printf 'error: %s\n  remedy: %s\n' "$1" "$2" >&2
  told=yes
  exit "${3:-2}"
}

# Stopped where one build of a version was to take the place of another one.
restore_build() {
  if [ -d "$1" ] && [ ! -d "$prefix/$version" ]; then mv "$1" "$prefix/$version"; fi
}

# What a command that failed has said is above; each phase can be gone through again.
part='' scratch='' tried=''
ended() {
  trap '' HUP INT TERM
  [ -z "$part" ] || restore_build "${part%.part}.old"
  [ -z "$part$scratch$tried" ] || rm -rf "$part" "$scratch" "$tried" ${tried:+"$tried.new"}
  if [ "$1" -eq 0 ] || [ -n "$told" ]; then return 0; fi
  told=yes
  case $1 in 129 | 130 | 143) fail 'interrupted' 'Run the same command again: it does what is missing.' "$1" ;; esac
  fail 'stopped half-way, by what is said above' 'Mend that, and run the same command again: it does what is missing.' 3
}
trap 'ended $?' EXIT
# A signal alone doesn't have every shell go through what is said for EXIT.
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# A folder for this run alone, which only root looks into.
need_scratch() { [ -n "$scratch" ] || scratch=$(mktemp -d); }

say() { printf '%s\n' "$*"; }

bundle=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
command=${1:-}
[ $# -eq 0 ] || shift
configured=''
case $command-${1:-} in
  configure-* | uninstall-[!-]*)
    configured=${1:-}
    [ $# -eq 0 ] || shift
    ;;
esac
root='' key='' unsigned='' purge='' start=yes settings='' policy='' config='' trust='' approved='' key_files=''
all_roles='temporal server agent'
newline='
'

is_file() { [ -r "$1" ] && [ ! -d "$1" ]; }
# What is looked at before it is taken is read twice, and a pipe gives nothing the second time.
require_file() {
  is_file "$1" || fail "cannot read $1" "$2"
  # Some shells make a file of what stands in a script, and read it as their stdin.
  case $1 in /dev/* | /proc/*) false ;; *) [ -f "$1" ] ;; esac || fail "$1 is a pipe or a device, which can be read only once" 'Write it into a file, and name that.'
}
# With an end to the last one, too. Nothing, where there is no such file.
lines_of() { [ ! -e "$1" ] || awk 1 <"$1"; }
need_value() { [ $# -ge 2 ] || fail "$1 needs a value" 'See install.sh --help.'; }

while [ $# -gt 0 ]; do
  case $1 in
    --key) need_value "$@"; key=$2; shift ;;
    --unsigned) unsigned=yes ;;
    --set) need_value "$@"; settings="$settings$2$newline"; shift ;;
    --answers)
      need_value "$@"
      is_file "$2" || fail "cannot read $2" 'Name a file with lines such as PORT=8080.'
      settings="$settings$(grep -v -e '^[[:space:]]*$' -e '^#' -- "$2" || true)$newline"
      shift
      ;;
    --policy) need_value "$@"; policy=$2; shift ;;
    --config) need_value "$@"; config=$2; shift ;;
    --trust) need_value "$@"; trust=$2; shift ;;
    --approve) need_value "$@"; approved="$approved$2$newline"; shift ;;
    --key-file) need_value "$@"; key_files="$key_files$2$newline"; shift ;;
    --no-start) start='' ;;
    --root) need_value "$@"; root=${2%/}; start=''; shift ;;
    --purge) purge=yes ;;
    -h | --help) usage; exit 0 ;;
    *) fail "unknown option $1" 'See install.sh --help.' ;;
  esac
  shift
done

prefix=$root/opt/waterflow
settings_folder=$root/etc/waterflow
keys_folder=$settings_folder/keys
units=$root/etc/systemd/system
link=$root/usr/local/bin/waterflow
state_of() { printf '%s' "$root/var/lib/waterflow-$1"; }
has_systemd() { [ -z "$root" ] && [ -d /run/systemd/system ]; }
installed_roles() { for role in $all_roles; do [ ! -e "$prefix/roles/$role" ] || printf '%s ' "$role"; done; }
version_at() { [ ! -L "$prefix/$1" ] || readlink "$prefix/$1"; }

require_root() { [ "$(id -u)" -eq 0 ] || [ -n "$root" ] || fail 'only root can do this' 'Use sudo.'; }

# --- The bundle -------------------------------------------------------------------------------------------------------

# A .pub file is `ed25519:` and 32 bytes in base64; openssl wants the bytes that say so before them (RFC 8410).
check_signature() {
  command -v openssl >/dev/null ||
    fail 'the signature is checked with openssl, which is not here' \
      'Install it; or check with `waterflow bundle verify` on another machine, then give --unsigned.'
  [ -r "$bundle/SHA256SUMS.sig" ] || fail 'this bundle is not signed: it has no SHA256SUMS.sig' 'Install nothing of it.'
  { printf '\060\052\060\005\006\003\053\145\160\003\041\000' && sed 's/^ed25519://' "$key" | base64 -d; } >"$scratch/key.der" ||
    fail "$key is no public key" 'Name the .pub file that `waterflow keys new --signing` wrote.'
  signed=yes
  openssl pkeyutl -verify -pubin -keyform DER -inkey "$scratch/key.der" -rawin \
    -in "$bundle/SHA256SUMS" -sigfile "$bundle/SHA256SUMS.sig" >/dev/null 2>&1 || signed=''
  [ -n "$signed" ] || fail "this bundle is not signed by $key" 'Install nothing of it.'
}

check_bundle() {
  need_scratch
  [ -r "$bundle/SHA256SUMS" ] || fail "$bundle is no bundle" 'Unpack the bundle whole, and run the install.sh in it.'
  if [ -n "$key" ]; then
    is_file "$key" || fail "cannot read $key" 'Name the .pub file of whom you trust to make bundles.'
    check_signature
  elif [ -z "$unsigned" ]; then
    fail 'whose bundle is it?' 'Give --key FILE.pub; or --unsigned, where `waterflow bundle verify` was run on it elsewhere.'
  fi
  (cd "$bundle" && sha256sum --check --strict --quiet SHA256SUMS) || fail 'a file of the bundle was changed' 'Copy it again.'
  additional=$(cd "$bundle" && {
    sed 's/^[0-9a-f]*  //' SHA256SUMS
    printf '%s\n' SHA256SUMS SHA256SUMS.sig
  } | LC_ALL=C sort >"$scratch/listed" && find . ! -type d | sed 's|^\./||' | LC_ALL=C sort |
    LC_ALL=C comm -13 "$scratch/listed" -)
  [ -z "$additional" ] || fail "the bundle holds what nobody signed: $additional" 'Unpack it into an empty folder.'
  version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' "$bundle/bundle.json")
  archive=$bundle/release/waterflow-$version-linux-x64
  [ -r "$archive.tar.gz" ] || fail 'the bundle has no archive for this machine' 'Ask for one for linux-x64.'
}

# --- The product ------------------------------------------------------------------------------------------------------

is_whole() { (cd "$1" && sha256sum --check --strict --quiet "$archive.contents") >/dev/null 2>&1; }

# Another build of the same version, or one that was changed on the disk, takes the place of what is there.
unpack() {
  restore_build "$prefix/.$version.old"
  # Of an installation that was killed, of whatever version.
  rm -rf "$prefix"/.[0-9]*.part "$prefix"/.[0-9]*.old
  if [ -d "$prefix/$version" ] && is_whole "$prefix/$version"; then return 0; fi
  part=$prefix/.$version.part
  check_space
  mkdir -p "$part"
  if ! tar -xzf "$archive.tar.gz" -C "$part" --strip-components=1 --no-same-owner || ! is_whole "$part"; then
    fail 'the archive was not unpacked whole' 'See whether the disk is full. What was installed before is as it was.' 3
  fi
}

# Once nothing speaks against it.
take_unpacked() {
  [ -n "$part" ] || return 0
  if [ -d "$prefix/$version" ]; then
    # What runs of it is of the other build.
    for role in $(installed_roles); do : >"$prefix/roles/$role"; done
    mv "$prefix/$version" "$prefix/.$version.old"
  fi
  mv "$part" "$prefix/$version"
  part=''
  rm -rf "$prefix/.$version.old"
}

# Of the disk below /opt, in KiB: the product unpacked, and a copy of what is laid down beside it.
check_space() {
  needed=$(gzip -l "$archive.tar.gz" | awk 'NR == 2 { print int($2 / 1024) + 1 }')
  for folder in plugins keys images temporal; do
    [ ! -d "$bundle/$folder" ] || needed=$((needed + $(du -sk "$bundle/$folder" | cut -f 1)))
  done
  # Files take whole blocks.
  needed=$((needed + needed / 8))
  free=$(df -Pk "$prefix" | awk 'NR == 2 { print $4 }')
  [ "$free" -ge "$needed" ] ||
    fail "$prefix has $((free / 1024)) MiB free, and $((needed / 1024 + 1)) are needed" 'Free some. What was installed before is as it was.' 3
}

# Writes a file from stdin so that nobody ever sees half of it, nor more of it than its mode says. Its stdin is a file: of a pipe that
# broke it would take the part that came.
put() {
  written=$1
  # Where a site keeps its settings elsewhere, they stay there. What a link of a key or a unit names is another's, and in an image such a
  # link leads out of it.
  case $written in
    "$keys_folder"/*) ;;
    "$settings_folder"/*) if [ -z "$root" ] && [ -L "$written" ] && [ -f "$written" ]; then written=$(readlink -f "$written"); fi ;;
  esac
  rm -f "$written.new"
  (
    umask 077
    cat >"$written.new"
  )
  chmod "$2" "$written.new"
  [ -n "$root" ] || chown "root:${3:-root}" "$written.new"
  mv -f "$written.new" "$written"
}

# By renaming, so that at any time one of the two is there.
point() {
  ln -sfn "$2" "$prefix/.$1.new"
  mv -fT "$prefix/.$1.new" "$prefix/$1"
}

refuse_downgrade() {
  current=$(version_at current)
  if [ -z "$current" ] || [ "$current" = "$version" ]; then return 0; fi
  # 1.0.0-rc.1 is older than 1.0.0: `~` has sort know it.
  newest=$(printf '%s\n%s\n' "$current" "$version" | sed 's/-/~/' | sort -V | tail -n 1 | sed 's/~/-/')
  [ "$newest" = "$version" ] || fail "$current is installed, and the bundle is of $version" 'Use install.sh rollback to go back.'
}

switch_version() {
  # Going back is no more what this machine is at.
  rm -f "$prefix/.rollback"
  current=$(version_at current)
  if [ -n "$current" ] && [ "$current" != "$version" ]; then point previous "$current"; fi
  point current "$version"
  previous=$(version_at previous)
  for folder in "$prefix"/[0-9]*; do
    name=${folder##*/}
    [ "$name" = "$version" ] || [ "$name" = "$previous" ] || rm -rf "$folder"
  done
  mkdir -p "$(dirname "$link")"
  ln -sfn /opt/waterflow/current/bin/waterflow "$link"
  # What goes back and removes needs no bundle.
  put "$prefix/install.sh" 755 <"$bundle/install.sh"
}

# Beside the version, for who comes back to it.
keep_units() {
  rm -rf "${prefix:?}/$version/systemd"
  cp -R "$bundle/systemd" "$prefix/$version/systemd"
}

# What has to be approved by somebody, or started, is laid down and no more.
place_parts() {
  for folder in plugins keys images temporal; do
    [ -d "$bundle/$folder" ] || continue
    mkdir -p "$prefix/bundle"
    rm -rf "$prefix/bundle/.$folder.new"
    cp -R "$bundle/$folder" "$prefix/bundle/.$folder.new"
    rm -rf "${prefix:?}/bundle/$folder"
    mv "$prefix/bundle/.$folder.new" "$prefix/bundle/$folder"
  done
}

# Those that somebody approved. The rest of the bundle's stays where it was laid down.
install_plugins() {
  [ -n "$approved" ] || return 0
  chosen=$(awk -F '"' '/"digest":/ { digest = $4 } /"file":/ { print digest " " $4 }' "$bundle/plugins/plugins.json" |
    while read -r digest file; do
      ! printf '%s' "$approved" | grep -qxF -e "$digest" -e all || printf '%s\n' "$file"
    done)
  set --
  for name in $chosen; do set -- "$@" "$bundle/plugins/$name"; done
  "$prefix/current/bin/waterflow" plugin install "$@" --trust "$settings_folder/trust.yaml" --dir "$prefix/plugins" --yes
}

check_plugins() {
  [ -z "$trust" ] || require_file "$trust" 'Name a trust policy: docs/trust.md.'
  [ -n "$approved" ] || return 0
  [ -r "$bundle/plugins/plugins.json" ] || fail 'the bundle has no plugins' 'Leave --approve out, or ask for a bundle with them.'
  [ -n "$trust" ] || [ -e "$settings_folder/trust.yaml" ] || fail 'nothing says whose plugins are trusted' 'Give --trust FILE: docs/trust.md.'
  while IFS= read -r digest; do
    [ -z "$digest" ] || [ "$digest" = all ] || grep -qF "\"digest\": \"$digest\"" "$bundle/plugins/plugins.json" ||
      fail "the bundle has no plugin with the digest $digest" 'See `waterflow bundle verify --json`, or plugins/plugins.json in it.'
  done <<LINES
$approved
LINES
}

# --- Roles ------------------------------------------------------------------------------------------------------------

make_user() {
  name=waterflow-$1
  [ -z "$root" ] || return 0
  if id "$name" >/dev/null 2>&1 && getent group "$name" >/dev/null; then return 0; fi
  command -v useradd >/dev/null || fail "there is no useradd to make the user $name with" "Make the system user $name with a group of that name, and try again." 3
  getent group "$name" >/dev/null || groupadd --system "$name"
  id "$name" >/dev/null 2>&1 ||
    useradd --system --gid "$name" --no-create-home --home-dir "/var/lib/$name" --shell /usr/sbin/nologin "$name"
}

check_setting() {
  case $1 in *=*) ;; *) fail "$1 is no setting" 'Give NAME=VALUE, as PORT=8080.' ;; esac
  case ${1%%=*} in '' | [0-9]* | *[!A-Za-z0-9_]*) fail "${1%%=*} is no name of a setting" 'Give NAME=VALUE, as PORT=8080.' ;; esac
  case ${1#*=} in
    *[[:cntrl:]]*) fail "the value of ${1%%=*} has a character that is none of a line" 'Write the file with the line ends of Unix.' ;;
    *[\"\'\\\`\$]*) fail "the value of ${1%%=*} has a quote, a backslash or a dollar" 'Write it into its file in /etc/waterflow yourself.' ;;
  esac
}

# What a setting of a role will be; nothing where nobody says it.
setting_of() { all_settings_of "$1" | sed -n "s/^$2=//p" | tail -n 1; }

# NAME=VALUE, a line each, of which the last one of a name counts: what a role's environment file will say, without what systemd
# takes off there: blanks and line ends around names and values, and quotes.
all_settings_of() {
  {
    lines_of "$settings_folder/$1.env"
    [ "$1" != "$configured" ] || printf '%s' "$settings"
  } | sed -e 's/^[[:space:]]*//' -e 's/[[:space:]]*$//' -e '/^[A-Za-z_][A-Za-z0-9_]*[[:space:]]*=/!d' \
    -e 's/[[:space:]]*=[[:space:]]*/=/' -e 't quotes' -e ':quotes' \
    -e 's/^\([^=]*\)="\([^"]*\)"$/\1=\2/' -e t -e "s/^\([^=]*\)='\([^']*\)'\$/\1=\2/"
}

is_own_address() { case $1 in '' | 127.* | ::1 | localhost) ;; *) return 1 ;; esac; }

check_key_file() {
  case $1 in *=*) ;; *) fail "$1 names no file" 'Give NAME=FILE, as server-key=agent.key.' ;; esac
  [ -n "$(variable_of "$configured" "${1%%=*}")" ] || fail "a key ${1%%=*} of the $configured is not known" 'See install.sh --help.'
  require_file "${1#*=}" 'Name the file of the key.'
}

# Of which variable a key is the file; `-` for those that a configuration file names.
variable_of() {
  case $1-$2 in
    agent-server-key) printf WATERFLOW_AGENT_KEY_FILE ;;
    agent-queue-keys) printf WATERFLOW_QUEUE_KEYS_FILE ;;
    *-payload-keys) printf WATERFLOW_PAYLOAD_KEYS_FILE ;;
    *-temporal-tls-key) printf TEMPORAL_TLS_KEY ;;
    server-admin-key) printf API_KEY_FILE ;;
    server-tls-key | agent-vault-secret-id) printf - ;;
  esac
}

# Whoever reaches Temporal can do everything that it can.
check_temporal() {
  [ -x "$bundle/temporal/temporal-server" ] || [ -x "$prefix/bundle/temporal/temporal-server" ] ||
    fail 'the bundle has no Temporal' 'Ask for one that was made with --with-temporal.'
  if [ -n "$config" ] || [ -e "$settings_folder/temporal.yaml" ]; then return 0; fi
  if is_own_address "$(setting_of temporal TEMPORAL_HOST)"; then return 0; fi
  for name in TEMPORAL_TLS_CERT TEMPORAL_TLS_CA TEMPORAL_TLS_SERVER_NAME; do
    [ -n "$(setting_of temporal "$name")" ] || fail "others would reach Temporal, and $name is not set" \
      'Give certificate, authority and name (docs/install.md), or let it listen on 127.0.0.1.'
  done
}

# Before anything is changed: are the settings such, and is there what the role can't do without?
check_settings() {
  role=$1
  while IFS= read -r line; do [ -z "$line" ] || check_setting "$line"; done <<LINES
$settings
LINES
  while IFS= read -r line; do [ -z "$line" ] || check_key_file "$line"; done <<LINES
$key_files
LINES
  [ -z "$policy" ] || require_file "$policy" 'Name a policy file.'
  [ -z "$config" ] || require_file "$config" 'Name a configuration file.'
  check_plugins
  [ "$role" != temporal ] || check_temporal
  if [ "$role" = agent ] && [ -n "$config" ]; then return 0; fi
  [ "$role" = agent ] && [ ! -e "$settings_folder/agent.yaml" ] || return 0
  [ -z "$(setting_of agent TASK_QUEUES)" ] || return 0
  answer=''
  if [ -t 0 ]; then
    printf 'The queues that this agent serves, as deploy,build=4: '
    IFS= read -r answer
  fi
  [ -n "$answer" ] || fail 'an agent needs queues' 'Give --set TASK_QUEUES=deploy.'
  check_setting "TASK_QUEUES=$answer"
  settings="${settings}TASK_QUEUES=$answer$newline"
}

# An environment file of systemd's with what is set in it, a line each.
with_settings() {
  [ -e "$1" ] || printf '# Settings of the %s: docs/%s. install.sh changes what it is told to, and no more.\n' "$role" "$page"
  lines_of "$1"
  [ "$role" = "$configured" ] || return 0
  printf '%s' "$settings" | while IFS= read -r line; do [ -z "$line" ] || printf '%s="%s"\n' "${line%%=*}" "${line#*=}"; done
}

# Of a variable that is there more than once, the last one.
last_of_each() {
  awk '
    {
      line[NR] = $0
      name[NR] = NR
      if ($0 ~ /^[A-Za-z_][A-Za-z0-9_]*=/) name[NR] = substr($0, 1, index($0, "=") - 1)
      last[name[NR]] = NR
    }
    END { for (number = 1; number <= NR; number++) if (last[name[number]] == number) print line[number] }
  '
}

# The settings are those of one role; what the others have stays.
configure() {
  role=$1 file=$settings_folder/$1.env
  case $role in server) page=server.md ;; agent) page=agents.md ;; *) page=install.md ;; esac
  own_folder "$settings_folder"
  # The users of services open by name what is in it.
  chmod a+x "$settings_folder"
  need_scratch
  with_settings "$file" >"$scratch/lines"
  last_of_each <"$scratch/lines" >"$scratch/settings"
  put "$file" 640 "waterflow-$role" <"$scratch/settings"
  [ "$role" = "$configured" ] || return 0
  if [ -n "$config" ]; then
    put "$settings_folder/$role.yaml" 640 "waterflow-$role" <"$config"
  elif [ "$role" = temporal ] && [ ! -e "$settings_folder/temporal.yaml" ]; then
    parts=$bundle/temporal
    [ -e "$parts/temporal.yaml" ] || parts=$prefix/bundle/temporal
    lay_down "$parts/temporal.yaml" "$settings_folder/temporal.yaml"
    lay_down "$parts/dynamic.yaml" "$settings_folder/temporal-dynamic.yaml"
  fi
  [ "$role" != server ] || name_state
  lay_down "$policy" "$settings_folder/policy.yaml"
  lay_down "$trust" "$settings_folder/trust.yaml"
  keep_keys "$role"
}

# So that commands on this machine, as `waterflow keys`, work on the records of its server.
name_state() {
  file=$settings_folder/server.yaml
  ! grep -qs '^state:' "$file" || return 0
  {
    [ -e "$file" ] || printf '# Settings of the server: docs/server.md.\n'
    lines_of "$file"
    printf '\nstate: /var/lib/waterflow-server\n'
  } >"$scratch/server.yaml"
  put "$file" 640 waterflow-server <"$scratch/server.yaml"
}

lay_down() {
  [ -z "$1" ] || put "$2" 644 <"$1"
}

# Keys lie where root alone reads them, and systemd hands them to the service.
keep_keys() {
  (
    umask 077
    mkdir -p "$keys_folder"
    chmod 700 "$keys_folder"
    [ -n "$root" ] || chown root:root "$keys_folder"
    printf '%s' "$key_files" | while IFS= read -r line; do [ -z "$line" ] || put "$keys_folder/$1-${line%%=*}" 600 <"${line#*=}"; done
    [ "$1" != server ] || make_admin_key
  )
  dropin=$units/waterflow-$1.service.d/keys.conf
  for path in "$keys_folder/$1"-*; do
    name=${path##*/"$1"-}
    variable=$(variable_of "$1" "$name")
    if [ ! -e "$path" ] || [ -z "$variable" ]; then continue; fi
    printf 'LoadCredential=%s:%s\n' "$name" "${path#"$root"}"
    [ "$variable" = - ] || printf 'Environment=%s=%%d/%s\n' "$variable" "$name"
  done >"$scratch/credentials"
  if [ -s "$scratch/credentials" ]; then
    mkdir -p "$(dirname "$dropin")"
    { printf '# Written by install.sh.\n[Service]\n' && cat "$scratch/credentials"; } >"$scratch/keys.conf"
    put "$dropin" 644 <"$scratch/keys.conf"
  else
    rm -f "$dropin"
  fi
}

# A server that others reach asks for a key, and has to have one to start.
make_admin_key() {
  if is_own_address "$(setting_of server HOST)" && ! grep -qs '^host:' "$settings_folder/server.yaml"; then return 0; fi
  if [ -s "$keys_folder/server-admin-key" ] || [ -n "$(setting_of server API_KEY)$(setting_of server API_KEY_FILE)" ]; then return 0; fi
  ! grep -qs -e '^api-key-file:' -e '^jwt:' "$settings_folder/server.yaml" || return 0
  od -An -v -N32 -tx1 /dev/urandom >"$scratch/random"
  tr -d ' \n' <"$scratch/random" >"$scratch/admin-key"
  put "$keys_folder/server-admin-key" 600 <"$scratch/admin-key"
  say "made the first admin's key: $keys_folder/server-admin-key"
}

# Else the server's own agent needs what sandboxes are made of.
uses_temporal() {
  grep -q '^TEMPORAL_HOST=' "$settings_folder/server.env" || grep -qs '^temporal:' "$settings_folder/server.yaml"
}

# The unit of a role as the version that holds has it. What a site adds to it lies beside it, and stays.
place_unit() {
  kept=$prefix/current/systemd
  put "$units/waterflow-$1.service" 644 <"$kept/waterflow-$1.service"
  dropin=$units/waterflow-$1.service.d/embedded.conf
  if [ "$1" = server ] && ! uses_temporal; then
    mkdir -p "$(dirname "$dropin")"
    put "$dropin" 644 <"$kept/waterflow-server-embedded.conf"
  else
    rm -f "$dropin"
  fi
}

install_role() {
  role=$1
  make_user "$role"
  configure "$role"
  mkdir -p "$(state_of "$role")"
  chmod 700 "$(state_of "$role")"
  # State of a user that was made anew since, as on a machine that took over another one's disk, is given to it whole.
  [ -n "$root" ] || [ "$(stat -c %U:%G "$(state_of "$role")")" = "waterflow-$role:waterflow-$role" ] ||
    chown -Rh "waterflow-$role:waterflow-$role" "$(state_of "$role")"
  mkdir -p "$units" "$prefix/roles"
  # Holds the version that was last started in this role.
  [ -e "$prefix/roles/$role" ] || : >"$prefix/roles/$role"
}

# What the unit starts. Keys of --key-file are systemd's to hand over: without it, name files that the service's user may read.
command_of() {
  case $1 in
    temporal) printf 'STATE_DIRECTORY=/var/lib/waterflow-temporal exec %s' "$(sed -n 's/^ExecStart=//p' "$units/waterflow-temporal.service")" ;;
    *) printf 'exec waterflow %s --state /var/lib/waterflow-%s' "$1" "$1" ;;
  esac
}

start_roles() {
  if ! has_systemd; then
    for role in $(installed_roles); do
      [ -n "$root" ] || say "no systemd here; start the $role yourself: setpriv --reuid waterflow-$role --regid waterflow-$role --init-groups sh -c 'set -a; . /etc/waterflow/$role.env; $(command_of "$role")'"
    done
    return 0
  fi
  systemctl daemon-reload
  started=''
  for role in $(installed_roles); do
    systemctl enable --quiet "waterflow-$role.service"
    if [ -z "$start" ]; then
      # Who starts it later starts this version.
      systemctl is-active --quiet "waterflow-$role.service" || version_at current >"$prefix/roles/$role"
    elif ! is_settled "$role"; then
      restart_role "$role"
      started="$started$role "
    fi
  done
  # shellcheck disable=SC2086 # Words that have no spaces.
  [ -z "$started" ] || see_them_run $started
}

# Roles that are of this version already have nothing to do with what another one is told, nor with an upgrade that tells nothing.
is_settled() {
  [ "$command" != upgrade ] || systemctl is-active --quiet "waterflow-$1.service" || return 1
  if [ "$1" = "$configured" ] && [ "$command" != upgrade ]; then return 1; fi
  # These are of the machine.
  if [ "$1" != temporal ] && [ -n "$policy$trust$approved" ]; then return 1; fi
  [ "$(cat "$prefix/roles/$1")" = "$(version_at current)" ]
}

restart_role() {
  systemctl restart "waterflow-$1.service" || did_not_start "$1" 'was not started'
  version_at current >"$prefix/roles/$1"
}

# A service that ends right away was started all the same, as systemd sees it.
see_them_run() {
  for second in 1 2 3; do
    sleep 1
    for role in "$@"; do
      systemctl is-active --quiet "waterflow-$role.service" || did_not_start "$role" "was started, and ended within ${second} s"
    done
  done
}

did_not_start() {
  # The next command starts it. Going back is done all the same, so that a rollback takes the other version.
  : >"$prefix/roles/$1"
  [ "$command" != rollback ] || rm -f "$prefix/.rollback"
  fail "the $1 $2" "See why: journalctl --unit waterflow-$1. Change its settings by install.sh configure $1; after an upgrade, install.sh rollback goes back." 3
}

# --- Commands ---------------------------------------------------------------------------------------------------------

# Nobody but root writes where root's programs and settings are.
own_folder() {
  if [ ! -d "$1" ]; then
    mkdir -p "$1"
  elif [ -z "$root" ] && [ "$(stat -Lc %u "$1")" != 0 ]; then
    chown root:root "$1"
    chmod 755 "$1"
  else
    # What else its mode says, as that others don't look into it, is the operator's.
    chmod go-w "$1"
  fi
}

# Two at a time would be in each other's way. It ends with this process.
keep_others_out() {
  if [ ! -d "$prefix" ] || ! command -v flock >/dev/null; then return 0; fi
  exec 9<"$prefix"
  flock --nonblock 9 || fail 'another install.sh is at work here' 'Wait until it is done.'
}

# Before anything is changed.
check_places() {
  for place in "$prefix" "$settings_folder" "$units" "$(dirname "$link")" "$(state_of "$configured")"; do
    while [ ! -e "$place" ]; do place=$(dirname "$place"); done
    [ -w "$place" ] || fail "$place can't be written to" 'Have it mounted for writing while something is installed.'
  done
}

# Asks the version that shall hold what it thinks of a role's settings. Files that aren't there yet are no matter: the start says it.
check_with_product() {
  if [ "$1" = temporal ] || [ -z "$start" ]; then return 0; fi
  role=$1 program=$2 given=$settings_folder/$1.yaml made=''
  set -- --role "$role" --state "/var/lib/waterflow-$role"
  if [ "$role" = "$configured" ]; then
    given=${config:-$given}
    [ -z "$policy" ] || set -- "$@" --policy "$policy"
  fi
  gather_keys "$role"
  if [ -e "$given" ]; then
    # Beside the one that holds, since paths in it begin there.
    [ -d "$settings_folder" ] || made=yes
    own_folder "$settings_folder"
    sed "s|/run/credentials/waterflow-$role.service/|$scratch/keys/|g" "$given" >"$scratch/tried"
    tried=$settings_folder/.$role.yaml
    put "$tried" 600 <"$scratch/tried"
    set -- "$@" --config "$tried"
  fi
  refused=$(variables_of "$role" | env -i PATH="$PATH" HOME=/root sh -c "$with_variables" sh "$program" config show "$@" 2>&1 >/dev/null |
    sed "s|$settings_folder/\.$role\.yaml|$given|g" |
    awk -v keys="$scratch/keys/" '/^error\[/ { shown = !/^error\[FILE_NOT_READABLE\]/ && !index($0, keys) } /^(error\[|  remedy:)/ && shown')
  [ -z "$tried" ] || rm -f "$tried"
  tried=''
  [ -z "$made" ] || rmdir "$settings_folder"
  [ -z "$refused" ] || {
    printf '%s\n' "$refused" >&2
    fail "these settings of the $role are refused" "Correct what is said above, in --set, --config or $settings_folder. What was installed before is as it was."
  }
}

# For a shell that reads NAME=VALUE from stdin, a line each, and becomes the command that it is given: passwords on a command line are
# seen by everybody.
with_variables='while IFS= read -r line; do
  # A shell has these for itself.
  case $line in LINENO=* | OPTIND=* | PPID=* | UID=* | EUID=* | SHELLOPTS=* | BASH*) continue ;; esac
  export "$line"
done
exec "$@" </dev/null'

# A role's keys by their names, as systemd will hand them over.
gather_keys() {
  need_scratch
  rm -rf "$scratch/keys"
  mkdir "$scratch/keys"
  for path in "$keys_folder/$1"-*; do [ ! -e "$path" ] || ln -s "$path" "$scratch/keys/${path##*/"$1"-}"; done
  [ "$1" = "$configured" ] || return 0
  while IFS= read -r line; do
    [ -z "$line" ] || ln -sfn "$(readlink -f "${line#*=}")" "$scratch/keys/${line%%=*}"
  done <<LINES
$key_files
LINES
}

# NAME=VALUE, a line each, the one that counts last: what a role's environment will be. Left out is what only systemd knows to read.
variables_of() {
  for path in "$scratch/keys/"*; do
    case $(variable_of "$1" "${path##*/}") in '' | -) ;; *) printf '%s=%s\n' "$(variable_of "$1" "${path##*/}")" "$path" ;; esac
  done
  all_settings_of "$1" | sed -e '/\\/d' -e "/^[^=]*=[\"']/d"
}

install_bundle() {
  require_root
  configured=$1
  check_settings "$configured"
  check_places
  check_bundle
  own_folder "$prefix"
  # The users of services run what is in it.
  chmod a+rx "$prefix"
  keep_others_out
  refuse_downgrade
  unpack
  for role in "$@"; do check_with_product "$role" "${part:-$prefix/$version}/bin/waterflow"; done
  take_unpacked
  for role in "$@"; do install_role "$role"; done
  place_parts
  keep_units
  switch_version
  for role in "$@"; do place_unit "$role"; done
  install_plugins
  start_roles
  say "installed $version as $(installed_roles)in $prefix"
  [ -n "$approved" ] || [ ! -d "$prefix/bundle/plugins" ] ||
    say 'plugins of the bundle: waterflow plugin install /opt/waterflow/bundle/plugins/NAME.tgz, once you trust their signer (docs/trust.md)'
}

upgrade() {
  roles=$(installed_roles)
  [ -n "$roles" ] || fail 'nothing is installed here' 'Give a role: install.sh server, or install.sh agent.'
  [ -z "$settings$config$key_files" ] || fail 'an upgrade changes no settings' 'Give the role whose they are: install.sh server, or install.sh agent.'
  # shellcheck disable=SC2086 # Two words that have no spaces.
  install_bundle $roles
}

configure_role() {
  case " $(installed_roles)" in *" $configured "*) ;; *) fail "no ${configured:-role} is installed here" 'Name one of those that install.sh status says.' ;; esac
  require_root
  [ -z "$approved$key$unsigned" ] || fail 'plugins come with a bundle, and so does its key' 'Leave them out; `waterflow plugin install` takes plugins of /opt/waterflow/bundle.'
  keep_others_out
  check_settings "$configured"
  check_with_product "$configured" "$prefix/current/bin/waterflow"
  configure "$configured"
  # Temporal's unit is that of its program, which a rollback leaves as it is.
  [ "$configured" = temporal ] || [ ! -d "$prefix/current/systemd" ] || place_unit "$configured"
  if has_systemd; then
    systemctl daemon-reload
    if [ -n "$start" ]; then
      restart_role "$configured"
      see_them_run "$configured"
    fi
  fi
  say "configured the $configured"
}

rollback() {
  require_root
  keep_others_out
  # One that stopped is gone on with, and not taken back.
  if [ -s "$prefix/.rollback" ]; then
    read -r before now <"$prefix/.rollback"
  else
    before=$(version_at previous) now=$(version_at current)
  fi
  if [ -z "$before" ] || [ "$before" = "$now" ] || [ ! -d "$prefix/$before" ]; then fail 'there is no version before' 'Install an older bundle after install.sh uninstall.'; fi
  need_scratch
  printf '%s %s\n' "$before" "$now" >"$scratch/rollback"
  put "$prefix/.rollback" 644 <"$scratch/rollback"
  point current "$before"
  point previous "$now"
  for role in $(installed_roles); do
    # Temporal's goes with its program, which stays.
    if [ "$role" = temporal ]; then continue; fi
    if [ -d "$prefix/current/systemd" ]; then place_unit "$role"; else say "$before has no unit of the $role here: that of $now stays"; fi
  done
  start_roles
  rm -f "$prefix/.rollback"
  say "went back from $now to $before; install.sh rollback once more takes $now again"
}

# Of a role: what an uninstall without --purge has left, or one that stopped, for one with it.
has_leftovers() {
  for path in "$(state_of "$1")" "$settings_folder/$1.env" "$settings_folder/$1.yaml" "$keys_folder/$1"-* "$units/waterflow-$1.service"; do
    [ ! -e "$path" ] || return 0
  done
  [ -z "$root" ] || return 1
  id "waterflow-$1" >/dev/null 2>&1 || getent group "waterflow-$1" >/dev/null
}

# Whether there is something for an uninstall to remove: of one role, or of the product.
is_there() {
  if [ -n "$configured" ] && [ -e "$prefix/roles/$configured" ]; then return 0; fi
  if [ -z "$configured" ] && [ -d "$prefix" ]; then return 0; fi
  [ -n "$purge" ] || return 1
  for role in ${configured:-$all_roles}; do ! has_leftovers "$role" || return 0; done
  [ -z "$configured" ] && [ -d "$settings_folder" ]
}

remove_role() {
  if has_systemd; then systemctl disable --quiet --now "waterflow-$1.service" || true; fi
  for path in "$units/waterflow-$1.service" "$units/waterflow-$1.service.d/embedded.conf" "$units/waterflow-$1.service.d/keys.conf"; do
    rm -f "$path" "$path.new"
  done
  rmdir "$units/waterflow-$1.service.d" 2>/dev/null || true
  rm -f "$prefix/roles/$1"
}

# What is of one role alone; policy and trust are of the machine.
purge_role() {
  rm -rf "$(state_of "$1")"
  for path in "$settings_folder/$1.env" "$settings_folder/$1.yaml" "$settings_folder/.$1.yaml"; do rm -f "$path" "$path.new"; done
  rm -f "$keys_folder/$1"-*
  [ "$1" != temporal ] || rm -f "$settings_folder/temporal-dynamic.yaml"
  [ -z "$root" ] || return 0
  if id "waterflow-$1" >/dev/null 2>&1; then userdel "waterflow-$1" || users_left="${users_left}the user waterflow-$1, "; fi
  if getent group "waterflow-$1" >/dev/null; then groupdel "waterflow-$1" || users_left="${users_left}the group waterflow-$1, "; fi
}

# They can be of a directory that this machine only asks, or in use.
tell_users_left() {
  [ -z "$users_left" ] || fail "removed but for ${users_left%, }, for what is said above" 'Remove them by userdel and groupdel.' 3
}

uninstall() {
  require_root
  if [ -n "$configured" ]; then
    case " $all_roles " in *" $configured "*) ;; *) fail "there is no role $configured" 'Name server, agent or temporal; none for all of the product.' ;; esac
    is_there || fail "no $configured is installed here" 'Name one of those that install.sh status says.'
  fi
  is_there || fail 'nothing is installed here' 'There is nothing to do.'
  keep_others_out
  for role in ${configured:-$(installed_roles)}; do remove_role "$role"; done
  if has_systemd; then systemctl daemon-reload; fi
  users_left=''
  [ -z "$purge" ] || for role in ${configured:-$all_roles}; do purge_role "$role"; done
  if [ -n "$configured" ] && [ -n "$(installed_roles)" ]; then
    tell_users_left
    say "removed the $configured; left as it was: $(installed_roles)"
    return 0
  fi
  # Where no role was before, this script has put no product there.
  if [ -z "$configured" ] || [ -d "$prefix/roles" ]; then remove_product; fi
  if [ -z "$purge" ]; then
    # Plugins that were installed stay, as state and settings do.
    rmdir "$prefix" 2>/dev/null || true
    say "removed; state, settings and users are left: $settings_folder, $root/var/lib/waterflow-*"
    say "the bundle's install.sh removes them, too: uninstall --purge"
  elif [ -n "$configured" ]; then
    rmdir "$prefix" "$keys_folder" "$settings_folder" 2>/dev/null || true
    tell_users_left
    say "removed, with state, settings and user of the $configured"
  else
    rm -rf "$prefix" "$settings_folder"
    remove_caches
    tell_users_left
    say 'removed, with state, settings and users'
  fi
}

remove_product() {
  [ "$(readlink "$link" 2>/dev/null)" != /opt/waterflow/current/bin/waterflow ] || rm -f "$link"
  for folder in "$prefix"/[0-9]* "$prefix"/.[0-9]*; do rm -rf "$folder"; done
  rm -rf "${prefix:?}/current" "$prefix/previous" "$prefix/.current.new" "$prefix/.previous.new" "$prefix/.rollback" "$prefix/.rollback.new"
  rm -rf "$prefix/roles" "$prefix/bundle" "$prefix/install.sh.new" "$prefix/install.sh"
}

# What commands that root ran have compiled.
remove_caches() {
  cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}
  [ -z "$root" ] || return 0
  rm -rf "$cache/waterflow/node" 2>/dev/null || true
  rmdir "$cache/waterflow" "$cache" 2>/dev/null || true
}

status() {
  say "version: $(version_at current)"
  say "before: $(version_at previous)"
  say "roles: $(installed_roles)"
}

case $command in
  server | agent | temporal)
    # An agent or a server that is here already goes with it: all of a machine is of one version.
    others=$(installed_roles | sed "s/$command //")
    # shellcheck disable=SC2086 # Two words that have no spaces.
    install_bundle "$command" $others
    ;;
  upgrade) upgrade ;;
  configure) configure_role ;;
  rollback) rollback ;;
  uninstall) uninstall ;;
  status) status ;;
  -h | --help | help) usage ;;
  '') usage >&2; told=yes; exit 2 ;;
  *) fail "unknown command $command" 'See install.sh --help.' ;;
esac
