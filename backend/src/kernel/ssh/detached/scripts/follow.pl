# follow.pl - hands out the log of a detached run as it grows. A shell would need several processes for each look; this one
# looks twenty times a second and costs next to nothing. Needs perl-base only, which is essential.
#
# Arguments: the folder of the run; from which byte of its log on; up to which; so many bytes at most; so many seconds at most (0:
# one look); how long its status was when it was last told; process and start of the head of the run: it ends with that.
# Prints lines as follow.sh says. At its end, on descriptor 3: up to which byte it came, and how long the status was.
use strict;
use warnings;

# One line of base64: below the limit for a line.
my $block = 30_720;
my $look_seconds = 0.05;
my $life_seconds = 5;

my ($folder, $at, $to, $most, $seconds, $told_size, $head, $start) = @ARGV;
my ($sent, $told, $gone, $log) = (0, '', 0);
my $spoke = uptime();

# Seconds that only go on.
sub uptime {
  open my $file, '<', '/proc/uptime' or die "/proc/uptime: $!\n";
  return (split ' ', readline $file)[0];
}

sub head_lives {
  return 1 unless defined $head;
  open my $file, '<', "/proc/$head/stat" or return 0;
  local $/ = undef;
  # The command's name may hold anything; after it the state is the first, the start the twentieth.
  my @fields = split ' ', (readline($file) // '') =~ s/.*\) //sr;
  return @fields > 19 && $fields[0] ne 'Z' && $fields[19] eq $start;
}

# uuencode knows the same bits by other characters, in lines that begin with their length
sub base64 {
  my ($bytes) = @_;
  my $text = join '', map { substr $_, 1 } split /\n/, pack('u57', $bytes);
  $text =~ tr{ -_`}{A-Za-z0-9+/A};
  my $missing = -length($bytes) % 3;
  substr($text, -$missing) = '=' x $missing if $missing > 0;
  return $text;
}

sub say_line {
  print "$_[0]\n" or die "standard output: $!\n";
  $spoke = uptime();
}

sub hand_out {
  $log // open($log, '<:raw', "$folder/log") or return;
  my $end = -s $log;
  $end = $to if $end > $to;
  while ($at < $end && $sent < $most) {
    my $count = $end - $at;
    $count = $block if $count > $block;
    sysseek $log, $at, 0 or die "log: $!\n";
    my $read = sysread($log, my $bytes, $count) // die "log: $!\n";
    last if $read == 0;
    say_line(base64($bytes));
    $at += $read;
    $sent += $read;
  }
}

# The last whole line of the status, where it is another one than before.
sub tell_status {
  my $size = -s "$folder/progress";
  return if !$size || $size == $told_size;
  open my $file, '<:raw', "$folder/progress" or return;
  seek $file, $size > 1024 ? $size - 1024 : 0, 0 or return;
  read $file, my $text, 1024;
  my ($line) = $text =~ /([^\n]*\n)[^\n]*\z/ or return;
  $told_size = $size;
  return if $line eq $told;
  $told = $line;
  say_line('=' . base64($line));
}

$| = 1;
my $until = $spoke + $seconds;
while (1) {
  my $lives = head_lives();
  hand_out();
  tell_status();
  my $now = uptime();
  # What has been opened can be read on.
  say_line('!') if $lives && !$gone && ($gone = !-d $folder);
  last if !$lives || $sent >= $most || $now >= $until;
  say_line('.') if $now - $spoke >= $life_seconds;
  select undef, undef, undef, $look_seconds;
}
open my $report, '>&=', 3 or die "descriptor 3: $!\n";
print {$report} "$at $told_size\n";
