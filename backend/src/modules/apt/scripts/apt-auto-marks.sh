#!/bin/sh
# shellcheck disable=SC2317 # what stands here is called by the scripts that it goes ahead of
# shellcheck disable=SC2154 # $work is a folder of the script that this goes ahead of
# Marks of packages that were installed automatically. What apt is told by name it takes for chosen by hand, and it writes that
# down before dpkg begins. So what was automatic is noted first: not in the folder of the run, which the next start may
# clear away, but where the note stays until all of it is as it was.
auto_notes=/var/lib/system-update/auto-marks

# auto_marks_note RUN PACKAGE…: which of these packages are automatic
auto_marks_note() {
  auto_run=$1
  shift
  apt-mark showauto -- "$@" >"$work/auto" || return
  [ -s "$work/auto" ] || return 0
  mkdir -p "$auto_notes" && cp "$work/auto" "$auto_notes/.$auto_run.new" && sync "$auto_notes/.$auto_run.new" || return
  mv "$auto_notes/.$auto_run.new" "$auto_notes/$auto_run" && sync "$auto_notes"
}

# auto_marks_lost NOTE…: what these notes name, is installed, and is automatic no more
auto_marks_lost() {
  cat -- "$@" | LC_ALL=C sort -u >"$work/noted"
  apt-mark showmanual >"$work/manual" || return
  LC_ALL=C sort "$work/manual" | LC_ALL=C comm -12 - "$work/noted"
}

# auto_marks_restore NOTE…: makes that automatic again. Prints of each package that the notes name `kept`, or `lost` where
# it could not be made that, or nobody can tell; a note goes once nothing of it is lost.
auto_marks_restore() {
  if ! auto_marks_lost "$@" >"$work/lost"; then
    cat -- "$@" | sed 's/^/lost	/'
    return 1
  fi
  xargs -r apt-mark auto -- <"$work/lost" >&2
  auto_marks_lost "$@" >"$work/lost" || cp "$work/noted" "$work/lost"
  LC_ALL=C comm -23 "$work/noted" "$work/lost" | sed 's/^/kept	/'
  sed 's/^/lost	/' "$work/lost"
  [ -s "$work/lost" ] || rm -f -- "$@"
}

# auto_marks_notes: the notes of all runs that left some
auto_marks_notes() { find "$auto_notes" -maxdepth 1 -type f ! -name '.*' 2>/dev/null; }

# auto_marks_pending: what runs that were cut off have left to be made automatic again
auto_marks_pending() {
  auto_marks_notes >"$work/notes"
  # shellcheck disable=SC2046 # a run's id is a UUID
  [ ! -s "$work/notes" ] || auto_marks_lost $(cat "$work/notes")
}
