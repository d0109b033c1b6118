#!/bin/sh
# shellcheck disable=SC2317 # what stands here is called by the scripts that it goes ahead of
# shellcheck disable=SC2154 # $work_archives is a folder of the script that this goes ahead of
# What archives that are on the machine already tell of a transaction, in one place for plan and run: the configuration
# files that dpkg would ask about, and the news that their packagers wrote since the installed version. Goes after
# apt-transaction.sh.

# Looking into archives may take so long, in seconds: big ones are unpacked for it.
ARCHIVES_SECONDS=${ARCHIVES_SECONDS:-240}

# What is not there yet, by apt's own words: file, bytes.
archives_missing() {
  transaction_apt --print-uris --allow-downgrades >"$work_archives/uris" || return
  awk '/^\047/ { print $2 "\t" $3 }' "$work_archives/uris"
}

# archives_facts FILE: of the lines of a plan. `missing` lines, or `complete` and what the archives tell.
archives_facts() {
  archives_missing >"$work_archives/missing" || return
  if [ -s "$work_archives/missing" ]; then
    sed 's/^/missing	/' "$work_archives/missing"
    return 0
  fi
  echo complete
  archives_look "$1"
}

# The archives as apt names them: package, version before (- for none), file.
archives_files() {
  awk '
    /^(install|upgrade|downgrade) / {
      at = match($2, /:[^:]*$/)
      name = substr($2, 1, at - 1)
      version = $4
      gsub(/_/, "%5f", version)
      gsub(/:/, "%3a", version)
      print name "\t" $3 "\t" name "_" version "_" substr($2, at + 1) ".deb"
    }' "$1"
}

archives_look() {
  archives_until=$(($(su_seconds_up) + ARCHIVES_SECONDS))
  archives_home=$(apt-config shell home Dir::Cache::archives/d | sed "s/^home='\(.*\)'$/\1/")
  archives_files "$1" >"$work_archives/files"
  while IFS='	' read -r name from file; do
    [ "$(su_seconds_up)" -lt "$archives_until" ] || return 75
    archives_open "$name" "$archives_home$file" || return
    archives_conffiles "$name"
    [ "$from" = - ] || archives_news "$name"
  done <"$work_archives/files"
}

# archives_open NAME FILE: its configuration files and news, as they will be installed
archives_open() {
  rm -rf "$work_archives/new"
  mkdir "$work_archives/new" || return
  dpkg-deb -I "$2" conffiles >"$work_archives/conffiles" 2>/dev/null || : >"$work_archives/conffiles"
  {
    sed -n 's/^\//.\//p' "$work_archives/conffiles"
    printf './usr/share/doc/%s/NEWS.Debian.gz\n./usr/share/doc/%s/NEWS.Debian\n' "$1" "$1"
  } >"$work_archives/members"
  # Most archives lack some of these members, which tar reports as an error.
  { dpkg-deb --fsys-tarfile "$2" || : >"$work_archives/broken"; } |
    tar -x -C "$work_archives/new" --no-same-owner --no-wildcards -T "$work_archives/members" 2>/dev/null
  [ ! -e "$work_archives/broken" ]
}

# archives_conffiles NAME: as dpkg decides it. It asks where both the administrator and the package changed a file, and
# where a file that it does not know of stands where the package brings another.
archives_conffiles() {
  # shellcheck disable=SC2016 # the ${…} is dpkg-query's
  dpkg-query -W -f '${Conffiles}\n' "$1" >"$work_archives/recorded" 2>/dev/null
  while IFS= read -r path; do
    # Anything else than a path is a word about a file that goes.
    case $path in /*) ;; *) continue ;; esac
    [ -f "$work_archives/new$path" ] || continue
    new=$(archives_sum "$work_archives/new$path")
    recorded=$(awk -v path="$path" '{ sub(/^ /, "") } index($0, path " ") == 1 { print substr($0, length(path) + 2, 32); exit }' "$work_archives/recorded")
    if [ -f "$path" ]; then present=$(archives_sum "$path"); else present=none; fi
    case $recorded in
      '' | newconffile) [ "$present" != none ] || continue ;;
      "$new" | "$present") continue ;;
    esac
    [ "$present" = "$new" ] || printf 'conffile\t%s\t%s\n' "$1" "$path"
  done <"$work_archives/conffiles"
}

archives_sum() { md5sum <"$1" | cut -c 1-32; }

# archives_news NAME: entries of its NEWS.Debian that are newer than what is installed, newest first: a line with the
# version, then the text, each line behind a tabulator.
archives_news() {
  # shellcheck disable=SC2016 # the ${…} is dpkg-query's
  source=$(dpkg-query -W -f '${source:Version}\n' "$1" | head -n 1)
  for news in "$work_archives/new/usr/share/doc/$1/NEWS.Debian.gz" "$work_archives/new/usr/share/doc/$1/NEWS.Debian"; do
    [ -f "$news" ] || continue
    case $news in *.gz) gzip -dc "$news" ;; *) cat "$news" ;; esac >"$work_archives/news"
    archives_newer "$1" "$source"
  done
}

archives_newer() { # NAME VERSION
  count=0
  sed -n 's/^[A-Za-z0-9][A-Za-z0-9+.-]* (\([^() ]*\)) .*/\1/p' "$work_archives/news" >"$work_archives/versions"
  while IFS= read -r version; do
    dpkg --compare-versions "$version" gt "$2" || break
    count=$((count + 1))
  done <"$work_archives/versions"
  [ "$count" -gt 0 ] || return 0
  awk -v name="$1" -v count="$count" '
    /^[A-Za-z0-9][A-Za-z0-9+.-]* \([^() ]*\) / {
      if (++entry > count) exit
      version = $2
      gsub(/[()]/, "", version)
      print "news\t" name "\t" version
      next
    }
    entry { print "\t" $0 }' "$work_archives/news"
}
