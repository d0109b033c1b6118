#!/bin/sh
# The login shell of root on a machine that only repeats a recorded answer, so that the controller is measured alone.
# sshd calls it with `-c COMMAND`. The first command of each kind runs for real and is recorded; every later one gets
# that answer again, in the product's case with the boundary of its own run.

answers=/var/lib/system-update-bench
case $2 in
  *'head -c '*) kind=product ;;
  *) kind=bare ;;
esac
mkdir -p "$answers"

record() {
  work=$(mktemp -d "$answers/record.XXXXXX") || exit 73
  mkfifo "$work/out" "$work/err"
  tee "$work/output" <"$work/out" &
  out=$!
  tee "$work/errors" <"$work/err" >&2 &
  err=$!
  /bin/sh -c "$1" >"$work/out" 2>"$work/err"
  status=$?
  wait "$out" "$err"
  # The first frame opens with the byte 0x1E and the boundary; what stands before it is the word that the run began.
  boundary=$(sed -n "s/^$(printf '\036')\([0-9a-f]\{32\}\) begin 1 .*/\1/p" "$work/output" | head -n 1)
  for stream in output errors; do
    if [ "$kind" = product ]; then
      sed -n "/$boundary/,\$ { s/$boundary/BOUNDARY/; p; }" "$work/$stream" >"$work/clean"
      mv "$work/clean" "$work/$stream"
    fi
    [ "$status" != 0 ] || mv "$work/$stream" "$answers/$kind.$stream"
  done
  rm -r "$work"
  exit "$status"
}

[ -f "$answers/$kind.errors" ] || record "$2"
if [ "$kind" = bare ]; then
  cat >/dev/null
  cat "$answers/bare.output"
  cat "$answers/bare.errors" >&2
  exit 0
fi
# COMMAND holds `echo HALF""OTHER` and `head -c LENGTH`: the word that the run began, and the length of the script.
word=${2#*echo }
word=${word%%;*}
echo "${word%%\"*}${word##*\"}"
length=${2#*head -c }
script=$(head -c "${length%%)*}")
boundary=${script#*SU_BOUNDARY=\'}
boundary=${boundary%%\'*}
sed "s/BOUNDARY/$boundary/" "$answers/product.output"
sed "s/BOUNDARY/$boundary/" "$answers/product.errors" >&2
