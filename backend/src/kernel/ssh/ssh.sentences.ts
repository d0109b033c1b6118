import { sentences } from '../sentences/sentences';

/** What may be wrong with a connection or a run, and what to do about it. `reason` is a technical word. */
export const say = sentences('ssh', {
  place: '{host}, port {port}',
  the_machine: 'the machine',
  allowed_time: 'the allowed time',
  not_an_ssh_server: 'this is not an SSH server',
  sends_too_much: 'it sends more than it was allowed to',
  sends_more_than_login: 'it sends far more than a login needs',
  no_last_frame: 'the run ended without its last frame',
  host_name_empty: 'the host name is empty',
  second_method: 'it demands a second authentication method',
  shell_prints: 'the login shell prints without end',
  key_in_pkcs8: 'it is in PKCS#8 format',
  key_not_private: 'it is not a private key',
  it_said: '{sentence} It said: {text}',
  dns: 'The name {host} cannot be resolved to an address.',
  dns_action: 'Check the spelling of the host name and the DNS of this server, or enter the address itself.',
  unreachable: 'Nothing accepts connections at {place}.',
  unreachable_because: 'Nothing accepts connections at {place} ({reason}).',
  unreachable_action: 'Check that the machine is on, that sshd runs, and that address, port and firewall are right.',
  connect_timeout: '{place} did not answer within {time}.',
  connect_timeout_action: 'The machine is off, the address is wrong, or a firewall drops the packets.',
  banner_timeout: '{place} accepted the connection but did not identify itself within {time}.',
  banner_timeout_action: 'The machine may be overloaded or stuck, or another service listens on this port.',
  handshake_timeout: '{place} did not finish the key exchange within {time}.',
  handshake_timeout_action:
    'The machine may be overloaded or stuck; a path that drops large packets (MTU) looks the same.',
  auth_timeout: '{place} did not answer the login within {time}.',
  auth_timeout_action: 'Look for a slow directory service or a stuck PAM module on the machine.',
  host_key_unknown: 'The host key of {place} is not approved yet: {key}. Nothing was authenticated.',
  host_key_unknown_action:
    'Compare the fingerprint with the one shown on the machine itself, then approve or reject it.',
  host_key_changed:
    'The host key of {place} changed: approved is {approved}; now it shows {shown}. Nothing was authenticated.',
  host_key_gone:
    'The host key of {place} changed: approved is {approved}; it no longer offers a key of that type, only {offered}. Nothing was authenticated.',
  host_key_changed_action:
    'Find out why (reinstalled, other machine, somebody in between) before approving the new key.',
  nothing_in_common: '{place} and this program have no {what} in common; it offers {offered}.',
  nothing_in_common_action:
    'Allow one more in sshd_config on the machine: KexAlgorithms +curve25519-sha256, an AES-GCM cipher, an ed25519 host key.',
  auth_failed: '{place} refused the login.',
  auth_failed_because: '{place} refused the login ({reason}).',
  auth_failed_action:
    'Check user name and password or key. Do not repeat it unchanged: the server may lock the account or this address.',
  max_startups: '{place} has too many connections that are still logging in and refuses more for now.',
  penalty: '{place} refuses this address for a while, after earlier failed logins.',
  closed_after_banner:
    '{place} closed the connection during the key exchange; it may be penalising this address for earlier failed logins.',
  closed_before_banner:
    '{place} closed the connection before it identified itself; it may be penalising this address for earlier failed logins.',
  penalised_action:
    'Wait a minute before the next try, and correct wrong credentials first; see PerSourcePenalties and MaxStartups in sshd_config.',
  password_expired: 'The password of the account on {place} has expired and must be changed.',
  password_expired_action: 'Log in once by hand and change the password, then store the new one here.',
  key_invalid: 'The private key cannot be used.',
  key_invalid_because: 'The private key cannot be used ({reason}).',
  key_invalid_action:
    'Enter an OpenSSH or PEM private key (ed25519, ECDSA or RSA) and its passphrase; ssh-keygen -p -f FILE rewrites others as OpenSSH.',
  channel_refused: 'The machine refused to open a session on the connection.',
  channel_refused_because: 'The machine refused to open a session on the connection ({reason}).',
  channel_refused_action: 'Check MaxSessions, ForceCommand and Match blocks in sshd_config.',
  shell_unavailable: 'The login worked, but its shell ended before the run began.',
  shell_unavailable_action:
    'Check the login shell of the account, its start-up files, and forced commands in authorized_keys.',
  sudo_password_missing: 'sudo asks for a password and none is stored.',
  sudo_password: 'sudo refused the password.',
  sudo_password_action: 'Store the right sudo password, or allow the account NOPASSWD in sudoers.',
  sudo_policy: 'sudo does not allow this account to become root.',
  sudo_policy_action: 'Add the account to sudoers (group sudo on Debian), or use another account.',
  sudo_tty: 'sudo on this machine demands a terminal (requiretty).',
  sudo_tty_action: 'Remove requiretty for this account in sudoers: Defaults:USER !requiretty.',
  sudo_missing: 'sudo is not installed on this machine.',
  sudo_missing_action: 'Install sudo, or log in as root with a key.',
  connection_lost: 'The connection to {place} was lost.',
  connection_lost_because: 'The connection to {place} was lost ({reason}).',
  connection_lost_action:
    'Try again; if it happens often, look at the network, at memory on the machine and at the log of sshd.',
  timeout_first_byte: 'The machine did not begin the run within {time}.',
  timeout_first_byte_action:
    'Look for a login shell, a PAM module or a sudo that hangs or asks for something else than the password.',
  timeout_progress: 'The run printed nothing for {time} and was stopped.',
  timeout_progress_action:
    'Something on the machine hangs (often a repository or a file system); see the last lines of the log.',
  timeout_total: 'The run did not end within {time} and was stopped.',
  timeout_total_action: 'Find out what is slow on the machine, then try again.',
  output_limit: 'The machine printed more than {bytes} bytes and the run was stopped.',
  output_limit_action: 'Look at what floods the output on the machine.',
  cancelled: 'The work was cancelled.',
  cancelled_action: 'Start it again when wanted.',
  protocol: 'The machine did not answer as expected.',
  protocol_because: 'The machine did not answer as expected ({reason}).',
  protocol_action: 'Look at the log of sshd and of sudo on the machine.',
});
