# shellcheck shell=bash
# The pool of synthetic packages, built from packages/catalogue. It holds no key and no address, so that all fleets of
# the box share one pool, and the images made from it.

readonly CATALOGUE=$FLEET_HOME/packages/catalogue

pool_path() { echo "$FLEET_CACHE/pool-$(fingerprint_of "$FLEET_HOME/lib/packages.sh" "$FLEET_HOME"/packages/*)"; }

# Lines "distribution|package|version|fields|content" without comments and padding.
catalogue_rows() { sed -E '/^(#|$)/d; s/ *\| */|/g; s/ +$//' "$CATALOGUE"; }

distribution_rows() { catalogue_rows | awk -F'|' -v wanted="$1" '$1 == wanted'; } # DISTRIBUTION

catalogue_distributions() { catalogue_rows | cut -d'|' -f1 | uniq; }

# Without the signs that a version should not have.
package_file() { echo "$1_$(tr -c "A-Za-z0-9.+~:\n-" - <<<"$2")_all.deb"; } # NAME VERSION

write_control() { # TREE NAME VERSION FIELDS, after the content, whose size it says
  local kilobytes
  kilobytes=$(du -sk --exclude=DEBIAN "$1" | cut -f1)
  {
    printf '%s\n' "Package: $2" "Version: $3" 'Architecture: all' 'Section: misc' 'Priority: optional' \
      'Maintainer: Test Fleet <fleet@fleet.invalid>' "Installed-Size: $kilobytes"
    [ -z "$4" ] || tr ';' '\n' <<<"$4" | sed 's/^ *//'
    printf '%s\n' "Description: synthetic package $2" ' Made for tests; it does nothing.'
  } >"$1/DEBIAN/control"
}

# One entry for each version in which something changed for administrators, newest first, as packagers write them.
write_news() { # FILE NAME
  local version
  for version in 2.0 1.5 1.0; do
    printf '%s (%s) unstable; urgency=low\n\n  * Version %s breaks with what was before.\n\n' "$2" "$version" "$version"
    printf ' -- Test Fleet <fleet@fleet.invalid>  Mon, 02 Feb 2026 10:00:00 +0000\n\n'
  done | gzip -9n >"$1"
}

write_content() { # TREE NAME VERSION ITEM
  local tree=$1 name=$2 version=$3 item=$4
  case $item in
    conffile)
      mkdir -p "$tree/etc"
      printf '# settings of %s\nfrom_version = %s\n' "$name" "$version" >"$tree/etc/$name.conf"
      echo "/etc/$name.conf" >"$tree/DEBIAN/conffiles"
      ;;
    kernel=*)
      mkdir -p "$tree/boot"
      echo "synthetic kernel" >"$tree/boot/vmlinuz-${item#*=}"
      ;;
    news) write_news "$tree/usr/share/doc/$name/NEWS.Debian.gz" "$name" ;;
    size=*)
      mkdir -p "$tree/opt/$name"
      head -c "${item#*=}" /dev/zero >"$tree/opt/$name/data"
      ;;
    takes=*) install -D -m 644 /dev/null "$tree${item#*=}" ;;
    preinst=* | postinst=*) install -m 755 "$FLEET_HOME/packages/${item#*=}.${item%%=*}" "$tree/DEBIAN/${item%%=*}" ;;
    *) die "catalogue: unknown content $item" ;;
  esac
}

build_package() { # POOL NAME VERSION FIELDS CONTENT
  local tree=$1/tree item
  rm -rf "$tree"
  mkdir -p "$tree/DEBIAN" "$tree/usr/share/doc/$2"
  echo "$2 $3" >"$tree/usr/share/doc/$2/version"
  for item in $5; do write_content "$tree" "$2" "$3" "$item"; done
  write_control "$tree" "$2" "$3" "$4"
  dpkg-deb --nocheck --root-owner-group -Zgzip -z1 --build "$tree" "$1/$(package_file "$2" "$3")" >/dev/null
}

ensure_pool() {
  local pool row_package row_version row_fields row_content
  pool=$(pool_path)
  [ -d "$pool" ] && return
  say 'building the synthetic packages'
  rm -rf "$pool.tmp"
  mkdir -p "$pool.tmp"
  while IFS='|' read -r _ row_package row_version row_fields row_content; do
    build_package "$pool.tmp" "$row_package" "$row_version" "$row_fields" "$row_content" || die "package $row_package"
  done < <(catalogue_rows)
  rm -rf "$pool.tmp/tree"
  mv "$pool.tmp" "$pool"
}
