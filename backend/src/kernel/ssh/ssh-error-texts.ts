import type { Sentence } from '../sentences/sentences';
import type { SshErrorDetails, SshErrorKind } from './ssh-error';
import { say } from './ssh.sentences';

interface ErrorText {
  sentence(details: SshErrorDetails): Sentence;
  whatToDo(): Sentence;
}

const place = (d: SshErrorDetails): string =>
  d.host === undefined ? say.the_machine() : say.place({ host: d.host, port: d.port ?? 22 });
const time = (d: SshErrorDetails): string =>
  d.limitMs === undefined ? say.allowed_time() : `${String(Math.ceil(d.limitMs / 1000))} s`;

/** The sentence, with the technical reason where there is one. */
const because = (
  d: SshErrorDetails,
  plain: () => Sentence,
  withReason: (parameters: { place: string; reason: string }) => Sentence,
): Sentence => (d.reason === undefined ? plain() : withReason({ place: place(d), reason: d.reason }));

/** The sentence, followed by what the machine said where it said something. */
const answered = (d: SshErrorDetails, sentence: Sentence): Sentence =>
  d.serverText === undefined || d.serverText === '' ? sentence : say.it_said({ sentence, text: oneLine(d.serverText) });

/** Texts of a machine go into sentences in one line, without control characters and cut. */
function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

function hostKeyChanged(d: SshErrorDetails): Sentence {
  const approved = (d.approved ?? []).map((key) => `${key.keyType} ${key.fingerprint}`).join(', ');
  return d.presented === undefined
    ? say.host_key_gone({ place: place(d), approved, offered: (d.offered ?? []).join(', ') })
    : say.host_key_changed({
        place: place(d),
        approved,
        shown: `${d.presented.keyType} ${d.presented.fingerprint}`,
      });
}

function penalised(d: SshErrorDetails): Sentence {
  if (d.reason === 'max_startups') return say.max_startups({ place: place(d) });
  if (d.reason === 'penalty') return say.penalty({ place: place(d) });
  return d.reason === 'closed_after_banner'
    ? say.closed_after_banner({ place: place(d) })
    : say.closed_before_banner({ place: place(d) });
}

/** The plain English of every kind of failure. */
export const sshErrorTexts: Readonly<Record<SshErrorKind, ErrorText>> = {
  dns: { sentence: (d) => say.dns({ host: d.host ?? '' }), whatToDo: say.dns_action },
  unreachable: {
    sentence: (d) => because(d, () => say.unreachable({ place: place(d) }), say.unreachable_because),
    whatToDo: say.unreachable_action,
  },
  connect_timeout: {
    sentence: (d) => say.connect_timeout({ place: place(d), time: time(d) }),
    whatToDo: say.connect_timeout_action,
  },
  banner_timeout: {
    sentence: (d) => say.banner_timeout({ place: place(d), time: time(d) }),
    whatToDo: say.banner_timeout_action,
  },
  handshake_timeout: {
    sentence: (d) => say.handshake_timeout({ place: place(d), time: time(d) }),
    whatToDo: say.handshake_timeout_action,
  },
  auth_timeout: {
    sentence: (d) => say.auth_timeout({ place: place(d), time: time(d) }),
    whatToDo: say.auth_timeout_action,
  },
  host_key_unknown: {
    sentence: (d) =>
      say.host_key_unknown({
        place: place(d),
        key: `${d.presented?.keyType ?? ''} ${d.presented?.fingerprint ?? ''}`,
      }),
    whatToDo: say.host_key_unknown_action,
  },
  host_key_changed: { sentence: hostKeyChanged, whatToDo: say.host_key_changed_action },
  key_exchange_unsupported: {
    sentence: (d) =>
      say.nothing_in_common({
        place: place(d),
        what: d.reason ?? 'algorithm',
        offered: (d.offered ?? []).join(', '),
      }),
    whatToDo: say.nothing_in_common_action,
  },
  auth_failed: {
    sentence: (d) =>
      answered(
        d,
        because(d, () => say.auth_failed({ place: place(d) }), say.auth_failed_because),
      ),
    whatToDo: say.auth_failed_action,
  },
  penalised: { sentence: penalised, whatToDo: say.penalised_action },
  password_expired: {
    sentence: (d) => say.password_expired({ place: place(d) }),
    whatToDo: say.password_expired_action,
  },
  key_invalid: {
    sentence: (d) => because(d, say.key_invalid, say.key_invalid_because),
    whatToDo: say.key_invalid_action,
  },
  channel_refused: {
    sentence: (d) => because(d, say.channel_refused, say.channel_refused_because),
    whatToDo: say.channel_refused_action,
  },
  shell_unavailable: {
    sentence: (d) => answered(d, say.shell_unavailable()),
    whatToDo: say.shell_unavailable_action,
  },
  sudo_password: {
    sentence: (d) => (d.reason === 'no_password_stored' ? say.sudo_password_missing() : say.sudo_password()),
    whatToDo: say.sudo_password_action,
  },
  sudo_policy: { sentence: (d) => answered(d, say.sudo_policy()), whatToDo: say.sudo_policy_action },
  sudo_tty: { sentence: say.sudo_tty, whatToDo: say.sudo_tty_action },
  sudo_missing: { sentence: say.sudo_missing, whatToDo: say.sudo_missing_action },
  connection_lost: {
    sentence: (d) => because(d, () => say.connection_lost({ place: place(d) }), say.connection_lost_because),
    whatToDo: say.connection_lost_action,
  },
  timeout_first_byte: {
    sentence: (d) => answered(d, say.timeout_first_byte({ time: time(d) })),
    whatToDo: say.timeout_first_byte_action,
  },
  timeout_progress: {
    sentence: (d) => say.timeout_progress({ time: time(d) }),
    whatToDo: say.timeout_progress_action,
  },
  timeout_total: { sentence: (d) => say.timeout_total({ time: time(d) }), whatToDo: say.timeout_total_action },
  output_limit: {
    sentence: (d) => say.output_limit({ bytes: d.limitBytes ?? 0 }),
    whatToDo: say.output_limit_action,
  },
  cancelled: { sentence: say.cancelled, whatToDo: say.cancelled_action },
  protocol: {
    sentence: (d) => answered(d, because(d, say.protocol, say.protocol_because)),
    whatToDo: say.protocol_action,
  },
};
