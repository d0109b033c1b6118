import { DomainError } from '../../kernel/errors/domain-error';
import { SshError } from '../../kernel/ssh/ssh-error';
import { say } from './machines.sentences';

/** The answer to a person who asked for something that needs the machine; anything but an SSH failure stays as it is. */
export function unreachableProblem(error: unknown): unknown {
  if (!(error instanceof SshError)) return error;
  return new DomainError({
    code: 'host_keys_not_shown',
    status: 409,
    detail: error.sentence,
    action: error.whatToDo,
    extensions: { kind: error.kind },
    cause: error,
  });
}

/** Work on a machine in quarantine, refused before anything touches the network. */
export function quarantineProblem(name: string): DomainError {
  return new DomainError({
    code: 'machine_quarantined',
    status: 409,
    detail: say.quarantined({ name }),
    action: say.quarantined_action(),
  });
}
