# shellcheck shell=bash
# The synthetic signed repository: one distribution per state, so that any set of updates can be switched on, and
# distributions that are broken in one way each.

ARCHITECTURE=$(dpkg --print-architecture 2>/dev/null)
readonly ARCHITECTURE
readonly INDEX=binary-$ARCHITECTURE

new_signing_key() { # NAME [OPTION..]
  local name=$1 home=$KEYS/gpg-$1 validity=0
  shift
  [ $# = 0 ] || validity=1d
  install -d -m 700 "$home"
  gpg --homedir "$home" --batch --quiet "$@" --passphrase '' \
    --quick-generate-key "Fleet $name <$name@fleet.invalid>" ed25519 sign "$validity" 2>/dev/null ||
    die 'gpg cannot make a signing key'
  gpg --homedir "$home" --armor --export >"$KEYS/$name.asc"
}

# Its publisher has made it valid for longer; what the machines know of it is the key of before, valid for one day.
new_expired_key() { # NAME
  local fingerprint
  new_signing_key "$1" --faked-system-time 20260105T120000
  fingerprint=$(gpg --homedir "$KEYS/gpg-$1" --batch --with-colons --list-keys 2>/dev/null | awk -F: '$1 == "fpr" { print $10; exit }')
  gpg --homedir "$KEYS/gpg-$1" --batch --quiet --quick-set-expire "$fingerprint" 0 2>/dev/null ||
    die 'gpg cannot make a key valid for longer'
}

# gpg leaves an agent behind for each key folder.
end_agents() {
  local home
  for home in "$KEYS"/gpg-*; do [ ! -d "$home" ] || gpgconf --homedir "$home" --kill gpg-agent; done
}

ensure_keys() {
  local name
  install -d -m 700 "$KEYS"
  [ -f "$KEYS/login" ] || ssh-keygen -q -t ed25519 -N '' -C fleet -f "$KEYS/login"
  for name in archive stranger; do [ -f "$KEYS/$name.asc" ] || new_signing_key "$name"; done
  [ -f "$KEYS/expired.asc" ] || new_expired_key expired
}

# ---------------------------------------------------------------- one distribution

# write_index FOLDER FILE.. : the Packages index of these files of the pool. All stanzas are made once, from the pool.
write_index() {
  local folder=$1/main/$INDEX
  shift
  mkdir -p "$folder"
  awk -v wanted=" $* " 'BEGIN { RS = ""; ORS = "\n\n" }
    match($0, /Filename: pool\/[^\n]*/) {
      if (index(wanted, " " substr($0, RSTART + 15, RLENGTH - 15) " ")) print
    }' "$STANZAS" >"$folder/Packages"
  gzip -9nkf "$folder/Packages"
}

write_release() { # FOLDER ORIGIN LABEL SUITE
  local release
  rm -f "$1/InRelease" "$1/Release"
  release=$(cd "$1" && apt-ftparchive -o "APT::FTPArchive::Release::Origin=$2" -o "APT::FTPArchive::Release::Label=$3" \
    -o "APT::FTPArchive::Release::Suite=$4" -o "APT::FTPArchive::Release::Codename=${1##*/}" \
    -o "APT::FTPArchive::Release::Architectures=$ARCHITECTURE all" -o APT::FTPArchive::Release::Components=main release .)
  echo "$release" >"$1/Release"
}

sign_release() { # FOLDER KEY
  gpg --homedir "$KEYS/gpg-$2" --batch --quiet --yes --clearsign --digest-algo SHA256 -o "$1/InRelease" "$1/Release" ||
    die "cannot sign ${1##*/}"
}

distribution_files() { # DISTRIBUTION
  local package version
  while IFS='|' read -r _ package version _; do package_file "$package" "$version"; done < <(distribution_rows "$1")
}

publish() { # DISTS NAME ORIGIN LABEL SUITE FILE..
  local folder=$1/$2 origin=$3 label=$4 suite=$5
  shift 5
  write_index "$folder" "$@"
  write_release "$folder" "$origin" "$label" "$suite"
  sign_release "$folder" archive
}

# ---------------------------------------------------------------- all of them

publish_catalogue() { # DISTS
  local name files
  for name in $(catalogue_distributions); do
    mapfile -t files < <(distribution_files "$name")
    case $name in
      base) publish "$1" base Fleet Fleet stable "${files[@]}" ;;
      bookworm-security | trixie-security | pair-security) publish "$1" "$name" Debian Debian-Security stable-security "${files[@]}" ;;
      *) publish "$1" "$name" Fleet Fleet stable-updates "${files[@]}" ;;
    esac
  done
}

publish_plain_as() { publish "$1" "$2" Fleet Fleet stable-updates "$(distribution_files plain)"; } # DISTS NAME

# Without capital letters, which apt makes small, and what ends a name in a list of dependencies: blanks, commas, brackets.
readonly HOSTILE_NAME="fleet-\`reboot\`;reboot;\$0&'\"#%s-lib2"
readonly HOSTILE_LABEL="Fleet, Debian-Security:1/x (beta) [all]), \"a\" 'b' \$(touch /run/owned) \`id\`; é"

publish_hostile() { # DISTS
  local files
  publish "$1" hostile-label Fleet "$HOSTILE_LABEL" stable-updates "$(distribution_files plain)"
  publish "$1" hostile-lines Fleet Fleet stable-updates "$(distribution_files plain)"
  edit_release "$1/hostile-lines" 's/^Label: .*/Label: Fleet\n Inst fleet-old [1.0] (9.9 Fleet:stable [all])\n Remv fleet-lib1 [1.0]/'
  mapfile -t files < <(distribution_files new-dependency)
  publish "$1" hostile-name Fleet Fleet stable-updates "${files[@]}"
  edit_index "$1/hostile-name" "s/fleet-lib2\$/$(sed 's/[&/]/\\&/g' <<<"$HOSTILE_NAME")/"
  write_release "$1/hostile-name" Fleet Fleet stable-updates
  sign_release "$1/hostile-name" archive
}

edit_release() { # FOLDER SED_EXPRESSION
  sed -i "$2" "$1/Release"
  sign_release "$1" archive
}

edit_index() { # FOLDER SED_EXPRESSION
  sed -i "$2" "$1/main/$INDEX/Packages"
  gzip -9nkf "$1/main/$INDEX/Packages"
}

publish_broken() { # DISTS
  local name
  for name in expired unsigned wrong-key key-expired index-hash future old deb-hash deb-missing; do publish_plain_as "$1" "bad-$name"; done
  edit_release "$1/bad-expired" '/^Date:/a Valid-Until: Thu, 01 Jan 2026 00:00:00 UTC'
  edit_release "$1/bad-future" 's/^Date:.*/Date: Sat, 01 Jan 2050 00:00:00 UTC/'
  edit_release "$1/bad-old" 's/^Date:.*/Date: Mon, 01 Jan 2024 00:00:00 UTC/'
  rm "$1/bad-unsigned/InRelease"
  sign_release "$1/bad-wrong-key" stranger
  sign_release "$1/bad-key-expired" expired
  # Changed after signing: the same size, another content.
  edit_index "$1/bad-index-hash" 's/^Version: 1.1/Version: 9.9/'
  # Changed before signing: the index is right, what it promises is not there.
  edit_index "$1/bad-deb-hash" '/^MD5sum/d; /^SHA1/d; /^SHA512/d; s/^SHA256: ..../SHA256: dead/'
  edit_index "$1/bad-deb-missing" 's#^Filename: pool/#Filename: pool/gone-#'
  for name in deb-hash deb-missing; do
    write_release "$1/bad-$name" Fleet Fleet stable-updates
    sign_release "$1/bad-$name" archive
  done
}

repository_key() { fingerprint_of "$(pool_path)" "$FLEET_HOME/lib/repository.sh" "$KEYS"/*.asc; }

ensure_repository() {
  local key building=$REPOSITORY.tmp
  ensure_keys
  lock_cache
  ensure_pool
  unlock_cache
  key=$(repository_key)
  if [ "$(cat "$REPOSITORY/key" 2>/dev/null)" != "$key" ]; then
    say 'signing the repository'
    rm -rf "$building"
    mkdir -p "$building/dists"
    ln -s "$(pool_path)" "$building/pool"
    STANZAS=$building/stanzas
    (cd "$(pool_path)" && apt-ftparchive packages . 2>/dev/null) | sed 's#^Filename: \./#Filename: pool/#' >"$STANZAS"
    publish_catalogue "$building/dists"
    publish_hostile "$building/dists"
    publish_broken "$building/dists"
    echo "$key" >"$building/key"
    rm -rf "$REPOSITORY"
    mv "$building" "$REPOSITORY"
  fi
  end_agents
}
