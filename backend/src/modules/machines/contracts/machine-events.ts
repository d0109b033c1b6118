import { auditContract } from '../../../kernel/audit/audit-contracts';
import { alsoUnversioned } from '../../../kernel/contracts/names';
import { fingerprint, flag, list, mapOf, object, openWord, text, uuid, words } from '../../../kernel/contracts/schemas';
import { eventContract } from '../../../kernel/events/event-contracts';
import { AUTH_METHODS, SUDO_MODES } from '../../credentials/entities/credentials.values';

/** A value before or after; a password is told as `stored` or `none`, never as it is. */
const anyValue = {
  anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'null' }, { type: 'array', items: { type: 'string' } }],
};
const port = { type: 'integer', minimum: 1, maximum: 65_535 };
const decision = { key_id: uuid, key_type: text, fingerprint, quarantine_lifted: flag };

/** What the events and audit rows of this room say. */
export const MACHINE_EVENTS = [
  eventContract('machine_created', 'A machine was added: how it is reached, and its tags by name.', {
    name: text,
    hostname: text,
    port,
    username: text,
    tags: list(text),
  }),
  eventContract('machine_edited', 'What an edit changed, by field.', {
    changes: mapOf(object({ from: anyValue, to: anyValue })),
  }),
  eventContract('credentials_replaced', 'How the new credentials sign in and become root. No secret.', {
    auth_method: words(AUTH_METHODS),
    sudo_mode: words(SUDO_MODES),
  }),
  eventContract('machine_kind_corrected', 'A probe found another kind of machine than was entered.', {
    from: openWord,
    to: openWord,
  }),
  eventContract('connection_tested', 'How a connection test ended, with the class of its failure.', {
    status: words(['ok', 'error', 'waiting']),
    kind: { type: ['string', 'null'], pattern: '^[a-z][a-z0-9_]*$' },
  }),
  eventContract('host_key_changed', 'A machine showed another host key than the approved ones.', {
    old_fingerprints: list(fingerprint),
    new_keys: list(object({ key_type: text, fingerprint })),
  }),
  eventContract('host_key_seen', 'A machine showed host keys that were not known, each as it was judged.', {
    keys: list(object({ key_type: text, fingerprint, status: openWord })),
  }),
  eventContract('host_key_approved', 'Somebody approved a host key, which may lift the quarantine.', decision),
  eventContract('host_key_rejected', 'Somebody rejected a host key, which may lift the quarantine.', decision),
  auditContract('apt_proxy.used', 'What the proxy password of a machine was decrypted for.', { purpose: text }),
].map(alsoUnversioned);

export const MACHINE_AUDIT = [
  auditContract('machine.purged', 'Which machine is gone, as people knew it.', { name: text, hostname: text, port }),
];
