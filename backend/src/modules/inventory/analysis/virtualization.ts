import { parseDetectVirt } from '../parsers/system-facts';
import { parseKeyedTable, type Cell } from '../parsers/table';
import { isMissing, missing, type Measured } from './measured';
import type { SectionReader } from './probe-sections';
import { say } from '../inventory.sentences';

type Facts = ReadonlyMap<string, Cell>;

/** What the machine runs in. `name` is the stored word; the nature decides about kind and what may be measured. */
export interface Virtualization {
  readonly nature: 'none' | 'vm' | 'container' | 'unknown';
  readonly name: Measured<string>;
  readonly evidence: string;
}

/** Words of systemd-detect-virt(1) whose stored name is another one. */
const STORED_NAMES: ReadonlyMap<string, string> = new Map([
  ['oracle', 'virtualbox'],
  ['microsoft', 'hyperv'],
  ['lxc-libvirt', 'lxc'],
]);

const CONTAINER_WORDS: ReadonlySet<string> = new Set([
  'openvz',
  'lxc',
  'lxc-libvirt',
  'systemd-nspawn',
  'docker',
  'podman',
  'rkt',
  'wsl',
  'proot',
  'pouch',
  'container-other',
]);

/** Makers' and products' names in the firmware tables of virtual machines; the first that fits. */
const FIRMWARE_NAMES: readonly (readonly [RegExp, string])[] = [
  [/VirtualBox|innotek/i, 'virtualbox'],
  [/VMware/i, 'vmware'],
  [/^KVM\b/m, 'kvm'],
  [/^QEMU\b/m, 'qemu'],
  [/^Xen\b/m, 'xen'],
  [/^Bochs\b/m, 'bochs'],
  [/^Parallels\b/m, 'parallels'],
  [/^BHYVE\b/m, 'bhyve'],
  [/^Apple Virtualization\b/m, 'apple'],
  [/^Google Compute Engine\b/m, 'google'],
];

const value = (facts: Facts, key: string): string | null => facts.get(key)?.value ?? null;
const stored = (word: string): string => STORED_NAMES.get(word) ?? word;

function container(name: string, evidence: string): Virtualization {
  return { nature: 'container', name: { value: name }, evidence };
}

function vm(name: string, evidence: string): Virtualization {
  return { nature: 'vm', name: { value: name }, evidence };
}

function fromDetectVirt(word: string): Virtualization {
  const evidence = `systemd-detect-virt says "${word}".`;
  if (word === 'none') return { nature: 'none', name: { value: 'none' }, evidence };
  if (CONTAINER_WORDS.has(word)) return container(stored(word), evidence);
  return vm(stored(word), evidence);
}

function containerMarks(facts: Facts): Virtualization | null {
  for (const key of ['systemd_container', 'container_env']) {
    const word = value(facts, key);
    if (word === null) continue;
    const name = CONTAINER_WORDS.has(word) ? stored(word) : 'container-other';
    return container(name, `The first process was told that it runs in a container ("${word}").`);
  }
  if (value(facts, 'dockerenv') === 'yes') return container('docker', 'The file /.dockerenv exists.');
  if (value(facts, 'containerenv') === 'yes') return container('podman', 'The file /run/.containerenv exists.');
  if (value(facts, 'openvz') === 'yes' && value(facts, 'openvz_host') === 'no') {
    return container('openvz', '/proc/vz exists without /proc/bc.');
  }
  return null;
}

function hypervisorMarks(facts: Facts, dmi: Facts): Virtualization | null {
  const firmware = ['sys_vendor', 'product_name', 'board_vendor', 'bios_vendor'].map((key) => value(dmi, key) ?? '');
  const named = FIRMWARE_NAMES.find(([pattern]) => pattern.test(firmware.join('\n')));
  if (named) return vm(named[1], `The firmware names its maker and product: "${firmware.filter(Boolean).join(', ')}".`);
  if (value(dmi, 'sys_vendor') === 'Microsoft Corporation' && value(dmi, 'product_name') === 'Virtual Machine') {
    return vm('hyperv', 'The firmware names a Microsoft virtual machine.');
  }
  if (value(facts, 'hypervisor_type') === 'xen') return vm('xen', '/sys/hypervisor/type says "xen".');
  const tree = value(facts, 'device_tree_hypervisor');
  if (tree?.includes('kvm')) return vm('kvm', 'The device tree names a KVM hypervisor.');
  if (tree?.includes('xen')) return vm('xen', 'The device tree names a Xen hypervisor.');
  if (value(facts, 'hypervisor_flag') !== 'yes') return null;
  return {
    nature: 'vm',
    name: missing('undetermined', say.hypervisor_not_named()),
    evidence: 'The processor reports that it runs under a hypervisor.',
  };
}

function bareMetalMarks(facts: Facts, kind: Facts): Virtualization | null {
  if (value(facts, 'hypervisor_flag') === 'no') {
    const evidence = 'The processor reports no hypervisor, and nothing marks a container.';
    return { nature: 'none', name: { value: 'none' }, evidence };
  }
  const model = value(kind, 'device_tree_model');
  if (model?.startsWith('Raspberry Pi')) {
    return {
      nature: 'none',
      name: { value: 'none' },
      evidence: `The device tree describes real hardware: "${model}".`,
    };
  }
  return null;
}

const NOTHING: Facts = new Map();

/** What the machine runs in: systemd's own tool where there is one, else the marks that it looks at. */
export function findVirtualization(reader: SectionReader, kind: Measured<Facts>, dmi: Measured<Facts>): Virtualization {
  const detected = reader.read('virt_detect', parseDetectVirt, [0, 1]);
  const marks = reader.read('virt_evidence', (text) => parseKeyedTable('virt_evidence', text));
  if (!isMissing(detected)) return fromDetectVirt(detected.value);
  if (isMissing(marks)) {
    return {
      nature: 'unknown',
      name: marks,
      evidence: 'Neither systemd-detect-virt nor the system’s own marks could be read.',
    };
  }
  const facts = marks.value;
  const found =
    containerMarks(facts) ??
    hypervisorMarks(facts, dmi.value ?? NOTHING) ??
    bareMetalMarks(facts, kind.value ?? NOTHING);
  const undecided = say.no_mark_found();
  return found ?? { nature: 'unknown', name: missing('undetermined', undecided), evidence: undecided };
}
