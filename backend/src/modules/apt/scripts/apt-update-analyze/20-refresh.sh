# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154,SC2317 # one script with the others of this folder; functions are called through `section`
# 20-refresh.sh - asking the repositories, and what of their answers can be trusted later.

# No retries: apt 2.6 waits without end when it retries a server that accepted and never answered. Its http method asks twice
# by itself, so a hanging suite costs two FETCH_TIMEOUTs. People watch it live: head alone would keep what is less than a block
# until the end.
update_once() {
  (
    {
      timeout -k 10 "$REFRESH_TIMEOUT" apt-get -q update -c "$work/proxy.conf" \
        -o APT::Color=0 -o APT::Update::Error-Mode=any -o Acquire::Retries=0 \
        -o Acquire::http::Timeout="$FETCH_TIMEOUT" -o Acquire::https::Timeout="$FETCH_TIMEOUT" 2>&4
      echo $? >"$work/update.rc"
    } 4>&1 >&3 | head -c "$OUTPUT_MAX" >"$work/update.err"
  ) 3>&1 | stdbuf -oL head -c "$OUTPUT_MAX" | tee "$work/update.out"
}

# `apt-get update` gives up at once when the lists lock is taken, so the bounded waiting is done here.
refresh() {
  [ "$REFRESH" = 1 ] || return 0
  date +%s >"$work/started"
  attempts=0
  rc=0
  proxy_config "$work/proxy.conf" || rc=$?
  if [ "$rc" = 0 ]; then
    deadline=$(($(su_seconds_up) + LOCK_WAIT))
    while :; do
      attempts=$((attempts + 1))
      update_once
      rc=$(cat "$work/update.rc" 2>/dev/null || echo 70)
      # What is said of a lock that may not be opened at all is told apart: nothing is gained by waiting for that.
      grep -q "ould not get lock $LISTS/lock" "$work/update.err" || break
      [ "$(su_seconds_up)" -lt "$deadline" ] || break
      printf '# waiting: %s\n' "$(head -n 1 "$work/update.err")"
      sleep 2
    done
    cat "$work/update.err" >&2
  fi
  date +%s >"$work/ended"
  echo "$attempts" >"$work/attempts"
  return "$rc"
}

refresh_facts() {
  printf 'requested=%s\nproxy_mode=%s\n' "$REFRESH" "$PROXY_MODE"
  printf 'refresh_timeout=%s\nfetch_timeout=%s\n' "$REFRESH_TIMEOUT" "$FETCH_TIMEOUT"
  (
    [ ! -f "$work/proxy.conf" ] || set -- -c "$work/proxy.conf"
    for scheme in http https; do
      proxy=
      eval "$(apt-config "$@" shell proxy "Acquire::$scheme::Proxy" 2>/dev/null)"
      printf 'proxy_%s=%s\n' "$scheme" "$(printf '%s' "$proxy" | sed 's#://[^/]*@#://***@#')"
    done
  )
  [ -f "$work/ended" ] || return 0
  printf 'attempts=%s\nstarted=%s\nended=%s\n' "$(cat "$work/attempts")" "$(cat "$work/started")" "$(cat "$work/ended")"
}

# List files carry the server's Last-Modified, and an all-Hit refresh touches nothing: the only trustworthy time of the last
# good refresh is our own note. One line per repository: epoch, URI, suite.
note_successes() {
  [ -f "$work/update.out" ] && [ -f "$work/update.err" ] || return 0
  mkdir -p "$STATE_DIR" || return
  # "Get" is printed when a transfer starts: in a run that was ended from outside it proves nothing.
  case $(cat "$work/update.rc") in 124 | 137) cut_short=1 ;; *) cut_short=0 ;; esac
  awk -v cut_short="$cut_short" -v now="$(cat "$work/started")" -v stamps="$work/stamps" '
    FILENAME == stamps { split($0, old, "\t"); before[old[2] "\t" old[3]] = old[1]; next }
    FILENAME ~ /update\.err$/ { if (/^[WE]: /) complaints = complaints "\n" $0 " "; next }
    /^(Hit|Get|Ign|Err):[0-9]+ / {
      split($1, head, ":")
      last[head[2]] = head[1]; uri[head[2]] = $2; suite[head[2]] = $3; item[head[2]] = $4
    }
    END {
      for (n in last) if (item[n] == "InRelease" || item[n] == "Release") {
        key = uri[n] "\t" suite[n]
        if (last[n] == "Hit" || (last[n] == "Get" && !cut_short)) good[key] = 1
      }
      for (n in last) if (last[n] == "Err") for (key in good) {
        split(key, part, "\t")
        if (uri[n] == part[1] && (suite[n] == part[2] || index(suite[n], part[2] "/") == 1)) delete good[key]
      }
      for (key in good) {
        split(key, part, "\t")
        if (index(complaints, part[1] " " part[2] " ") || index(complaints, part[1] "/dists/" part[2] "/")) continue
        before[key] = now
      }
      for (key in before) print before[key] "\t" key
    }' "$work/stamps" "$work/update.err" "$work/update.out" >"$STAMPS.new" && mv "$STAMPS.new" "$STAMPS"
}

# The index: what lies on the machine, however it came there.
# Every configured repository, reached or not, with the names of its list files; no network, no lock.
configured() {
  bounded uris apt-get -q update --print-uris
  rc=$?
  sed -n "s#://[^/']*@#://***@#
    s#^'\\([^']*Release\\)' \\([^ ]*\\) .*#\\1${tab}\\2#p
    s#^'\\([^']*/Packages\\)[.a-z0-9]*' \\([^ ]*\\) .*#\\1${tab}\\2#p" "$work/uris"
  return "$rc"
}

# The few header fields of every Release file on the machine, and which package lists are there.
index_files() {
  [ -d "$LISTS" ] || return 66
  for f in "$LISTS"/*Release; do
    [ -f "$f" ] || continue
    awk -v file="${f##*/}" -v mtime="$(stat -c %Y "$f")" '
      /^(Date|Valid-Until|NotAutomatic|ButAutomaticUpgrades): / { key = $1; sub(/^[^:]*: */, ""); v[key] = $0 }
      /^(MD5Sum|SHA1|SHA256|SHA512):/ { exit }
      END { print "release\t" file "\t" mtime "\t" v["Date:"] "\t" v["Valid-Until:"] "\t" v["NotAutomatic:"] "\t" v["ButAutomaticUpgrades:"] }' "$f"
  done
  find "$LISTS" -maxdepth 1 -type f \( -name '*_Packages' -o -name '*_Packages.*' \) -printf 'packages\t%f\n'
}

stamps() {
  [ ! -f "$work/stamps" ] || cat "$work/stamps"
  for f in /var/lib/apt/periodic/update-success-stamp /var/lib/apt/periodic/update-stamp; do
    [ ! -f "$f" ] || printf '%s\t%s\n' "$(stat -c %Y "$f")" "${f##*/}"
  done
}
