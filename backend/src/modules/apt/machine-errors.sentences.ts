import { sentences } from '../../kernel/sentences/sentences';

/** What else would take an error of connecting or restarting away, and at what price. Nothing of it is offered. */
export const risks = sentences('machine_risk', {
  dns: 'An entry in /etc/hosts of this server goes on answering after the machine has moved: another one may be talked to then.',
  unreachable: 'Opening the port to every address lets everybody there try passwords.',
  penalised: 'Turning PerSourcePenalties off lets whoever guesses passwords go on guessing.',
  host_key_unknown: 'Approving a key that nobody has compared trusts whoever answers first.',
  host_key_changed: 'Approving the new key unseen hands password, root and machine to whoever may stand in between.',
  key_exchange_unsupported: 'Allowing outdated algorithms (SHA-1, CBC) again lets others read or change what is sent.',
  auth_failed:
    'PermitRootLogin yes with passwords lets the login work at once, and everybody who can reach the port try root.',
  password_expired: 'A password that never expires (chage -M -1) also goes on working for whoever has learnt it.',
  sudo_password: 'NOPASSWD asks for nothing any more: whoever gets into the account is root at once.',
  sudo_policy: 'Signing in as root does without sudo: nobody can tell any more who did what there.',
  sudo_tty:
    'Taking requiretty away from everybody, not from this account alone, takes it from those whom it should bind, too.',
  inhibited:
    'systemctl reboot --force goes over whoever holds the restart back: half-written backups and packages may be left.',
  reboot_refused:
    'systemctl reboot --force --force cuts everything off at once, like a loss of power: data may be lost.',
  reboot_not_back: 'Cutting the power of a machine that is still at work there can destroy what it writes.',
});
