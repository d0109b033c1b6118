import type { DocumentDto } from '../../api/models';
import type { SaidText } from './plan-details';

type Verdict = 'needed' | 'not_needed' | 'cannot_tell' | 'not_applicable';

/** What results hold about a reboot. Older ones know only whether a package asked for one. */
export interface RebootFields {
  readonly reboot_flag?: boolean | null;
  readonly reboot?: {
    readonly state: Exclude<Verdict, 'not_applicable'>;
    readonly reasons: readonly { readonly verdict: Verdict; readonly detail: string }[];
  };
}

export interface ResultReboot {
  /** `unasked`: all that is known is that no package asked for one, which many never do. */
  readonly reboot: 'needed' | 'not_needed' | 'unasked' | 'unknown';
  /** Why it is needed, or why nobody can tell. */
  readonly rebootReasons: readonly SaidText[];
}

/** Whether the machine needs a reboot after a run. Pure. */
export function rebootOf({ reboot, reboot_flag: flag = null }: RebootFields, said: DocumentDto['said']): ResultReboot {
  if (reboot === undefined)
    return { reboot: flag === null ? 'unknown' : flag ? 'needed' : 'unasked', rebootReasons: [] };
  const { state, reasons } = reboot;
  return {
    reboot: state === 'cannot_tell' ? 'unknown' : state,
    rebootReasons: reasons.flatMap(({ verdict, detail: text }, at) => {
      if (state === 'not_needed' || verdict !== state) return [];
      const sentence = said[`reboot.reasons.${String(at)}.detail`];
      const own: SaidText['said'] = sentence === undefined ? {} : { text: sentence };
      return [{ text, said: own }];
    }),
  };
}
