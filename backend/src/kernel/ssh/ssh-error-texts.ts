import type { SshErrorDetails, SshErrorKind } from './ssh-error';

interface ErrorText {
  sentence(details: SshErrorDetails): string;
  whatToDo(details: SshErrorDetails): string;
}

const place = (d: SshErrorDetails) =>
  d.host === undefined ? 'the machine' : `${d.host}, port ${String(d.port ?? 22)}`;
const seconds = (d: SshErrorDetails) =>
  d.limitMs === undefined ? 'the allowed time' : `${String(Math.ceil(d.limitMs / 1000))} s`;
const because = (d: SshErrorDetails) => (d.reason === undefined ? '' : ` (${d.reason})`);
const said = (d: SshErrorDetails) =>
  d.serverText === undefined || d.serverText === '' ? '' : ` It said: ${oneLine(d.serverText)}`;

/** Texts of a machine go into sentences in one line, without control characters and cut. */
function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

function hostKeyChanged(d: SshErrorDetails): string {
  const old = (d.approved ?? []).map((key) => `${key.keyType} ${key.fingerprint}`).join(', ');
  const now =
    d.presented === undefined
      ? `it no longer offers a key of that type, only ${(d.offered ?? []).join(', ')}`
      : `now it shows ${d.presented.keyType} ${d.presented.fingerprint}`;
  return `The host key of ${place(d)} changed: approved is ${old}; ${now}. Nothing was authenticated.`;
}

function penalised(d: SshErrorDetails): string {
  if (d.reason === 'max_startups')
    return `${place(d)} has too many connections that are still logging in and refuses more for now.`;
  if (d.reason === 'penalty') return `${place(d)} refuses this address for a while, after earlier failed logins.`;
  const when = d.reason === 'closed_after_banner' ? 'during the key exchange' : 'before it identified itself';
  return `${place(d)} closed the connection ${when}; it may be penalising this address for earlier failed logins.`;
}

const tellAdministrator = () => 'Look at the log of sshd and of sudo on the machine.';

/** The plain English of every kind of failure. Screens translate by kind and may show these as a fallback. */
export const sshErrorTexts: Readonly<Record<SshErrorKind, ErrorText>> = {
  dns: {
    sentence: (d) => `The name ${d.host ?? ''} cannot be resolved to an address.`,
    whatToDo: () => 'Check the spelling of the host name and the DNS of this server, or enter the address itself.',
  },
  unreachable: {
    sentence: (d) => `Nothing accepts connections at ${place(d)}${because(d)}.`,
    whatToDo: () => 'Check that the machine is on, that sshd runs, and that address, port and firewall are right.',
  },
  connect_timeout: {
    sentence: (d) => `${place(d)} did not answer within ${seconds(d)}.`,
    whatToDo: () => 'The machine is off, the address is wrong, or a firewall drops the packets.',
  },
  banner_timeout: {
    sentence: (d) => `${place(d)} accepted the connection but did not identify itself within ${seconds(d)}.`,
    whatToDo: () => 'The machine may be overloaded or stuck, or another service listens on this port.',
  },
  handshake_timeout: {
    sentence: (d) => `${place(d)} did not finish the key exchange within ${seconds(d)}.`,
    whatToDo: () => 'The machine may be overloaded or stuck; a path that drops large packets (MTU) looks the same.',
  },
  auth_timeout: {
    sentence: (d) => `${place(d)} did not answer the login within ${seconds(d)}.`,
    whatToDo: () => 'Look for a slow directory service or a stuck PAM module on the machine.',
  },
  host_key_unknown: {
    sentence: (d) =>
      `The host key of ${place(d)} is not approved yet: ${d.presented?.keyType ?? ''} ${d.presented?.fingerprint ?? ''}. Nothing was authenticated.`,
    whatToDo: () => 'Compare the fingerprint with the one shown on the machine itself, then approve or reject it.',
  },
  host_key_changed: {
    sentence: hostKeyChanged,
    whatToDo: () => 'Find out why (reinstalled, other machine, somebody in between) before approving the new key.',
  },
  key_exchange_unsupported: {
    sentence: (d) =>
      `${place(d)} and this program have no ${d.reason ?? 'algorithm'} in common; it offers ${(d.offered ?? []).join(', ')}.`,
    whatToDo: () =>
      'Allow one more in sshd_config on the machine: KexAlgorithms +curve25519-sha256, an AES-GCM cipher, an ed25519 host key.',
  },
  auth_failed: {
    sentence: (d) => `${place(d)} refused the login${because(d)}.${said(d)}`,
    whatToDo: () =>
      'Check user name and password or key. Do not repeat it unchanged: the server may lock the account or this address.',
  },
  penalised: {
    sentence: penalised,
    whatToDo: () =>
      'Wait a minute before the next try, and correct wrong credentials first; see PerSourcePenalties and MaxStartups in sshd_config.',
  },
  password_expired: {
    sentence: (d) => `The password of the account on ${place(d)} has expired and must be changed.`,
    whatToDo: () => 'Log in once by hand and change the password, then store the new one here.',
  },
  key_invalid: {
    sentence: (d) => `The private key cannot be used${because(d)}.`,
    whatToDo: () =>
      'Enter an OpenSSH or PEM private key (ed25519, ECDSA or RSA) and its passphrase; ssh-keygen -p -f FILE rewrites others as OpenSSH.',
  },
  channel_refused: {
    sentence: (d) => `The machine refused to open a session on the connection${because(d)}.`,
    whatToDo: () => 'Check MaxSessions, ForceCommand and Match blocks in sshd_config.',
  },
  shell_unavailable: {
    sentence: (d) => `The login worked, but its shell ended before the run began.${said(d)}`,
    whatToDo: () => 'Check the login shell of the account, its start-up files, and forced commands in authorized_keys.',
  },
  sudo_password: {
    sentence: (d) =>
      d.reason === 'no_password_stored' ? 'sudo asks for a password and none is stored.' : 'sudo refused the password.',
    whatToDo: () => 'Store the right sudo password, or allow the account NOPASSWD in sudoers.',
  },
  sudo_policy: {
    sentence: (d) => `sudo does not allow this account to become root.${said(d)}`,
    whatToDo: () => 'Add the account to sudoers (group sudo on Debian), or use another account.',
  },
  sudo_tty: {
    sentence: () => 'sudo on this machine demands a terminal (requiretty).',
    whatToDo: () => 'Remove requiretty for this account in sudoers: Defaults:USER !requiretty.',
  },
  sudo_missing: {
    sentence: () => 'sudo is not installed on this machine.',
    whatToDo: () => 'Install sudo, or log in as root with a key.',
  },
  connection_lost: {
    sentence: (d) => `The connection to ${place(d)} was lost${because(d)}.`,
    whatToDo: () =>
      'Try again; if it happens often, look at the network, at memory on the machine and at the log of sshd.',
  },
  timeout_first_byte: {
    sentence: (d) => `The machine did not begin the run within ${seconds(d)}.${said(d)}`,
    whatToDo: () =>
      'Look for a login shell, a PAM module or a sudo that hangs or asks for something else than the password.',
  },
  timeout_progress: {
    sentence: (d) => `The run printed nothing for ${seconds(d)} and was stopped.`,
    whatToDo: () =>
      'Something on the machine hangs (often a repository or a file system); see the last lines of the log.',
  },
  timeout_total: {
    sentence: (d) => `The run did not end within ${seconds(d)} and was stopped.`,
    whatToDo: () => 'Find out what is slow on the machine, or raise the time limit.',
  },
  output_limit: {
    sentence: (d) => `The machine printed more than ${String(d.limitBytes ?? 0)} bytes and the run was stopped.`,
    whatToDo: () => 'Look at what floods the output on the machine.',
  },
  cancelled: {
    sentence: () => 'The work was cancelled.',
    whatToDo: () => 'Start it again when wanted.',
  },
  protocol: {
    sentence: (d) => `The machine did not answer as expected${because(d)}.${said(d)}`,
    whatToDo: tellAdministrator,
  },
};
