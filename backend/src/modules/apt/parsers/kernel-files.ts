import { linesOf, ParseError, wholeNumber } from './parse-error';

/** What a kernel takes where it is booted from: of each kind of file the biggest that is there, in bytes. */
export interface KernelFiles {
  readonly image: number;
  /** 0: this machine boots without one. */
  readonly initrd: number;
  /** Map and configuration. */
  readonly map: number;
  /** Folders besides /boot that hold copies of kernels, for firmware that reads nothing else. */
  readonly copies: readonly string[];
}

const KINDS: readonly (readonly [RegExp, 'image' | 'initrd' | 'map' | 'config'])[] = [
  [/^(?:vmlinu[xz]|kernel.*\.img$|linux$)/, 'image'],
  [/^(?:initrd|initramfs)/, 'initrd'],
  [/^System\.map-/, 'map'],
  [/^config-/, 'config'],
];
const COPIES = ['/boot/firmware', '/boot/efi'];

/**
 * Reads the section `plan_kernel_files`. Null: no kernel is there to judge others by.
 * @throws ParseError on a row that is no size and path
 */
export function parseKernelFiles(text: string): KernelFiles | null {
  const biggest = { image: 0, initrd: 0, map: 0, config: 0 };
  const copies = new Set<string>();
  for (const line of linesOf(text)) {
    const [bytes = '', file = ''] = line.split('\t');
    const size = wholeNumber(bytes, 'plan_kernel_files', line);
    const kind = KINDS.find(([name]) => name.test(file.slice(file.lastIndexOf('/') + 1)))?.[1];
    if (kind === undefined) throw new ParseError('plan_kernel_files', 'unknown file', line);
    biggest[kind] = Math.max(biggest[kind], size);
    const folder = COPIES.find((copy) => file.startsWith(`${copy}/`));
    if (folder !== undefined && kind === 'image') copies.add(folder);
  }
  const { image, initrd, map, config } = biggest;
  return image === 0 ? null : { image, initrd, map: map + config, copies: [...copies] };
}
