#!/bin/sh
# shellcheck disable=SC2317 # what stands here is called by the scripts that it goes ahead of
# What the packages of a simulation take, in one place for the plans that ask for it. Asks no repository.

# sizes_coming FILE: of a simulation, what would come.
sizes_coming() {
  awk '/^Inst / { v = $3; if (v ~ /^\[/) v = $4; sub(/^\(/, "", v); print $2 "=" v }' "$1" |
    xargs -r apt-cache show --no-all-versions | awk '
      function flush() { if (f["Package"] != "") print "P\t" f["Package"] "\t" f["Version"] "\t" f["Architecture"] "\t" f["Size"] "\t" f["Installed-Size"] "\t"; split("", f) }
      /^$/ { flush() }
      /^(Package|Version|Architecture|Size|Installed-Size): / { key = $1; sub(/:$/, "", key); f[key] = $2 }
      END { flush() }'
}

# sizes_present FILE: of a simulation, what stands there of all that would be replaced or removed.
# shellcheck disable=SC2016 # the ${…} are dpkg-query's
sizes_present() {
  awk '/^(Inst|Remv) / && $3 ~ /^\[/ { print $2 }' "$1" |
    xargs -r dpkg-query -W -f 'I\t${Package}\t${Version}\t${Architecture}\t${Installed-Size}\t${source:Package}\n'
}
