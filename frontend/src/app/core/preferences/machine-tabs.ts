/** The tabs of a machine, in the order of use. */
export const MACHINE_TABS = ['updates', 'runs', 'timeline', 'hardware', 'messages', 'access', 'raw'] as const;
export type MachineTab = (typeof MACHINE_TABS)[number];

export function isMachineTab(word: string | null | undefined): word is MachineTab {
  return MACHINE_TABS.some((tab) => tab === word);
}
