/** Names of releases, not those that only point to the newest, and no symbols for a debugger. */
const KERNEL_FILES =
  /^(?:linux-image-(?:unsigned-)?\d+\.|(?:pve|proxmox)-kernel-\d+\.\d+\.\d+|raspberrypi-kernel$)(?!.*-dbg(?:sym)?$)/;

/** Whether a package brings the files of a kernel itself. Pure. */
export function bringsKernel({ name }: { readonly name: string }): boolean {
  return KERNEL_FILES.test(name);
}
