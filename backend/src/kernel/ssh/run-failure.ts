import type { SecretMasker } from '../logging/secret-masker';
import type { SshErrorDetails } from './ssh-error';

/** How the command of a channel ended, as far as the server told. */
export function endingDetails(exitCode: number | undefined, signal: string | undefined): SshErrorDetails {
  return { ...(exitCode === undefined ? {} : { exitCode }), ...(signal === undefined ? {} : { signal }) };
}

/** What a machine said goes into errors masked, like all its output. */
export function maskedDetails(details: SshErrorDetails, masker: SecretMasker | undefined): SshErrorDetails {
  if (details.serverText === undefined || masker === undefined) return details;
  return { ...details, serverText: masker.mask(details.serverText) };
}
