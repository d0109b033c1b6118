# shellcheck shell=sh
# shellcheck disable=SC2317 # called by the scripts that it goes ahead of
# 15-proxy.sh - the proxy by which apt fetches, in one place for every script that fetches something.
#
# Parameters (plain shell variables, never exported: a proxy URL may hold a password):
#   PROXY_MODE=system|none|custom            PROXY_URL

PROXY_MODE=${PROXY_MODE:-system}
PROXY_URL=${PROXY_URL:-}

# proxy_config FILE: what apt is to read with `-c FILE`, empty where what the machine says itself counts. FILE lies in a
# folder that is root's alone. apt reads what `-c` names after all the rest, so it overrides a proxy of apt.conf.d. As an
# option the password would be seen by everybody on the machine, and as APT_CONFIG the file would be named to every daemon
# that a maintainer script starts.
proxy_config() {
  case $PROXY_MODE in
    system) proxy= ;;
    none) proxy=DIRECT ;;
    custom) proxy=$PROXY_URL ;;
    *) echo "system-update: proxy_invalid: unknown mode" >&2; return 64 ;;
  esac
  case $PROXY_MODE:$proxy in
    system: | none:DIRECT | custom:http://?* | custom:https://?* | custom:socks5h://?*) ;;
    *) echo "system-update: proxy_invalid: not an http, https or socks5h URL" >&2; return 64 ;;
  esac
  case $proxy in
    *[\"\\\;\{\}]* | *[[:space:]]* | *[[:cntrl:]]*)
      echo "system-update: proxy_invalid: forbidden character" >&2; return 64 ;;
  esac
  (umask 077 && proxy_lines >"$1") || return 73
}

proxy_lines() {
  [ -n "$proxy" ] || return 0
  for scheme in http https; do
    printf '#clear Acquire::%s::Proxy;\n#clear Acquire::%s::Proxy-Auto-Detect;\n#clear Acquire::%s::ProxyAutoDetect;\n' \
      "$scheme" "$scheme" "$scheme"
    printf 'Acquire::%s::Proxy "%s";\n' "$scheme" "$proxy"
  done
}
