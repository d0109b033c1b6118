import type { PreflightCheck } from '../../jobs/actions/change-action';

/** One verdict of the look before a change. */
export function check(
  code: string,
  verdict: PreflightCheck['verdict'],
  sentence: PreflightCheck['sentence'],
  action: PreflightCheck['action'] = null,
): PreflightCheck {
  return { code, verdict, sentence, action };
}
